import { createHash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { extname, join, relative } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { contentTypes } from './content-type-table.ts'
import { gzipped, isPackable, takesGzip } from './packed.ts'
import { pagePolicy } from './page-policy.ts'
import { shellAt } from './page-shell.ts'

export interface PageOptions {
  /** A built page: `index.html` and what belongs to it. */
  readonly folder: string
  /** Whether it is not ours: its policy is then made to fit it. */
  readonly isForeign: boolean
  /** Other servers that a foreign page asks. */
  readonly foreignHosts?: readonly string[]
  /** Origins of previews, as a policy writes them; asked for again each time. */
  readonly frames: () => readonly string[]
}

/** What is read of a page when it is opened, and again when its `index.html` has changed. */
interface Build {
  readonly html: string
  readonly changed: number
  /** Paths below the folder, with a slash before. */
  readonly files: ReadonlySet<string>
  readonly policy: (frames: readonly string[]) => string
}

/** A page has no more files than this. */
const MAX_FILES = 20_000
const MAX_SCRIPT_BYTES = 16 * 1024 * 1024
/** Names that change with their content: `index-BfGk3x1Q.js`. */
const hashed = /[-.][A-Za-z0-9_-]{8,}\.\w+$/
/** Where there are no views of the page: what is not found there is not found. */
const noViews = /^\/(?:api|ws|socket\.io|assets|locales|blobs|health|livez|readyz|metrics|mcp|docs)(?:\/|$)/i
/** What the address of a view looks like. */
const viewPath = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~@-]+)+\/?$/

/** A built page, served from its folder. Anybody may have it: it holds no secret. */
export class PageFiles {
  readonly #options: PageOptions
  #build: Build
  #reading: Promise<Build> | undefined

  private constructor(options: PageOptions, build: Build) {
    this.#options = options
    this.#build = build
  }

  /** Reads which files there are. Rejects where the folder has no `index.html`, or more files than a page has. */
  static async open(options: PageOptions): Promise<PageFiles> {
    return new PageFiles(options, await readBuild(options))
  }

  /** Whether the page answers this: one of its files, or a view of it that a browser wants to show. */
  covers(request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean {
    return this.#find(request) !== undefined
  }

  /** Answers a request that it covers. */
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const found = this.#find(request.raw)
    if (found === undefined) return reply.code(404).send({ error: 'Not Found' })
    return found === 'shell' ? await this.#sendShell(request, reply) : await this.#sendFile(found, request, reply)
  }

  #find({ method, url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): string | undefined {
    if (method !== 'GET' && method !== 'HEAD') return undefined
    const path = pathOf(url)
    if (path === '/' || path === '/index.html') return 'shell'
    if (path === undefined || this.#build.files.has(path)) return path
    const isView = viewPath.test(path) && !noViews.test(path) && (headers.accept ?? '').includes('text/html')
    return isView ? 'shell' : undefined
  }

  async #sendShell(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { html } = await this.#fresh()
    const body = Buffer.from(shellAt(html, pathOf(request.raw.url ?? '') ?? '/'))
    reply.headers({ 'content-type': contentTypes.get('.html'), 'cache-control': 'no-cache', ...this.#policy() })
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    if (isKnown(request, reply, etag)) return reply.code(304).send()
    reply.header('content-length', body.length)
    return request.method === 'HEAD' ? reply.send() : reply.send(body)
  }

  async #sendFile(path: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const file = await openFile(join(this.#options.folder, path))
    if (file === undefined) return reply.code(404).send({ error: 'Not Found' })
    const { size, mtimeMs } = file.facts
    const type = contentTypes.get(extname(path).toLowerCase()) ?? 'application/octet-stream'
    const keeps = hashed.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'
    reply.headers({ 'content-type': type, 'cache-control': keeps })
    // Workers follow the policy of their own script, and a second page that of its own.
    if (/^text\/(?:javascript|html)/.test(type)) reply.headers(this.#policy())
    const packs = isPackable(type, size)
    if (packs) reply.header('vary', 'accept-encoding')
    const asGzip = packs && takesGzip(request.headers)
    const version = `${size.toString(36)}-${Math.round(mtimeMs).toString(36)}${asGzip ? '-gzip' : ''}`
    const isOld = isKnown(request, reply, `"${version}"`)
    if (!isOld) reply.header(asGzip ? 'content-encoding' : 'content-length', asGzip ? 'gzip' : size)
    if (!isOld && request.method === 'GET') {
      const bytes = file.handle.createReadStream({ end: Math.max(size - 1, 0) })
      return reply.send(asGzip ? gzipped(bytes) : bytes)
    }
    await file.handle.close()
    return reply.code(isOld ? 304 : 200).send()
  }

  /** A page that was built again while it is served is read again, before its new `index.html` is handed out. */
  async #fresh(): Promise<Build> {
    const facts = await stat(join(this.#options.folder, 'index.html')).catch(() => undefined)
    if (facts === undefined || facts.mtimeMs === this.#build.changed) return this.#build
    this.#reading ??= readBuild(this.#options).finally(() => {
      this.#reading = undefined
    })
    this.#build = await this.#reading.catch(() => this.#build) // half a build: the last whole one goes on counting
    return this.#build
  }

  #policy(): Record<'content-security-policy', string> {
    return { 'content-security-policy': this.#build.policy(this.#options.frames()) }
  }
}

/** The path of a request as people read it; undefined for one that is none. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split('?', 1)[0] ?? '')
  } catch {
    return undefined
  }
}

/** Says which version is answered; true where the client has it already. */
function isKnown(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  reply.header('etag', etag)
  const known = (request.headers['if-none-match'] ?? '').split(',').map(each => each.trim().replace(/^W\//, ''))
  return known.includes(etag)
}

async function openFile(path: string): Promise<{ handle: FileHandle; facts: Stats } | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
  return handle && { handle, facts: await handle.stat() } // gone since it was listed: the page was built again
}

async function readBuild({ folder, isForeign, foreignHosts = [] }: PageOptions): Promise<Build> {
  const index = join(folder, 'index.html')
  const { mtimeMs: changed } = await stat(index)
  const html = await readFile(index, 'utf8')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  if (paths.length > MAX_FILES) throw new Error(`${folder} has more than ${MAX_FILES} files and is no built page`)
  const files = new Set(paths.map(path => `/${relative(folder, path)}`).filter(path => !/\/\./.test(path)))
  const foreign = isForeign ? { foreignScripts: await scriptsOf(folder, files), foreignHosts } : {}
  return { html, changed, files, policy: pagePolicy({ html, ...foreign }) }
}

/** Only what is to be found in them is of interest; a page of ordinary size is read whole. */
async function scriptsOf(folder: string, files: ReadonlySet<string>): Promise<readonly string[]> {
  const scripts: string[] = []
  let bytes = 0
  for (const path of files) {
    if (!/\.m?js$/.test(path) || bytes >= MAX_SCRIPT_BYTES) continue
    const text = await readFile(join(folder, path), 'utf8')
    bytes += text.length
    if (text.includes('monaco-editor@')) scripts.push(text)
  }
  return scripts
}
