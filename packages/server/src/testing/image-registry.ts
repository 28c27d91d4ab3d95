import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** A registry with one image, see the distribution specification of the Open Container Initiative. */
export class ImageRegistry implements AsyncDisposable {
  /** The name of the image. */
  readonly image: string
  readonly #server: Server
  readonly #opened: PromiseWithResolvers<void>

  private constructor(server: Server, image: string, opened: PromiseWithResolvers<void>) {
    this.#server = server
    this.image = image
    this.#opened = opened
  }

  /** The image has the files of an archive, of which only the first half is sent before `open` is called. */
  static async start(archive: Buffer): Promise<ImageRegistry> {
    const opened = Promise.withResolvers<void>()
    const layer = gzipSync(archive)
    const rootfs = { type: 'layers', diff_ids: [digestOf(archive)] }
    const config = Buffer.from(JSON.stringify({ architecture: architecture(), os: 'linux', config: {}, rootfs }))
    const kind = 'application/vnd.docker.distribution.manifest.v2+json'
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: kind,
        config: {
          mediaType: 'application/vnd.docker.container.image.v1+json',
          size: config.length,
          digest: digestOf(config),
        },
        layers: [
          {
            mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
            size: layer.length,
            digest: digestOf(layer),
          },
        ],
      }),
    )
    const answer = async ({ url = '', method }: IncomingMessage, response: ServerResponse): Promise<void> => {
      const isLayer = url.endsWith(digestOf(layer))
      const found = isLayer
        ? layer
        : url.endsWith(digestOf(config))
          ? config
          : url.includes('/manifests/')
            ? manifest
            : undefined
      if (found === undefined) {
        response.end('{}')
        return
      }
      const type = found === manifest ? kind : 'application/octet-stream'
      response.writeHead(200, {
        'Content-Type': type,
        'Content-Length': found.length,
        'Docker-Content-Digest': digestOf(found),
      })
      if (method === 'HEAD') {
        response.end()
        return
      }
      response.write(found.subarray(0, found.length / 2))
      if (isLayer) await opened.promise
      response.end(found.subarray(found.length / 2))
    }
    const server = createServer((asked, response) => {
      answer(asked, response).catch(error => response.destroy(error))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    return new ImageRegistry(server, `127.0.0.1:${port}/openhands/pulled:latest`, opened)
  }

  /** Sends the rest. */
  open(): void {
    this.#opened.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.open()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch
}
