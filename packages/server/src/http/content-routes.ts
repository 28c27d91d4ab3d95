import { Readable } from 'node:stream'
import { ApiFailure, FileQuery, Written } from '@openhands/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { DoorParts, Routes } from './door-parts.ts'
import { tagOf, versionIn, versionNow } from './file-version.ts'
import { inert } from './inert.ts'
import { innerEntry } from './inner-path.ts'
import { disposeWith } from './request-session.ts'
import { RouteError, routesWithDetails } from './route-errors.ts'
import { as, contract, queryOf, SessionPath } from './route-schema.ts'
import { acting, looking, notRunning, refused } from './sandbox-scope.ts'

const download = contract({
  summary: 'Sends a file of the workspace as an attachment, byte for byte',
  tags: ['files'],
  params: SessionPath,
  querystring: FileQuery,
  response: {
    200: as('application/octet-stream', 'The bytes of the file.'),
    400: ApiFailure,
    404: ApiFailure,
    409: ApiFailure,
  },
})
const upload = contract({
  summary: 'Writes a file of the workspace from the bytes of the body',
  tags: ['files'],
  params: SessionPath,
  querystring: FileQuery,
  consumes: ['application/octet-stream'],
  response: { 200: Written, 400: ApiFailure, 404: ApiFailure, 409: ApiFailure, 412: ApiFailure },
})

/** `…/files/content`: files byte for byte. What is sent here is never parsed, whatever it calls itself. */
export const contentRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_, payload, done) => done(null, payload))
    addDownload(scope, parts)
    addUpload(scope, parts)
  })
}

function addDownload(scope: FastifyInstance, parts: DoorParts): void {
  scope.get(
    '/api/conversations/:id/files/content',
    { schema: download, exposeHeadRoute: false },
    looking(parts, async ({ runtime, request, reply, signal }) => {
      const path = innerEntry(queryOf(download, request).path, runtime)
      if (!runtime) throw notRunning()
      const opened = await runtime.files.download(path, 0, signal)
      if (!opened.ok) throw refused(opened.message, undefined, 404)
      disposeWith(reply, opened.stream)
      reply.headers({
        ...inert,
        'content-disposition': attachment(path),
        'content-length': opened.size,
        'last-modified': new Date(opened.changed).toUTCString(),
        etag: tagOf(opened.version),
      })
      return reply.type('application/octet-stream').send(Readable.from(opened.stream.output, { objectMode: false }))
    }),
  )
}

function addUpload(scope: FastifyInstance, parts: DoorParts): void {
  scope.put(
    '/api/conversations/:id/files/content',
    { schema: upload },
    acting(parts, async ({ runtime, request, reply, signal }) => {
      const path = innerEntry(queryOf(upload, request).path, runtime)
      const onlyIf = conditionOf(request)
      const bytes = request.body instanceof Readable ? request.body : Readable.from([])
      const limit = parts.facts.uploadBytes ?? Number.MAX_SAFE_INTEGER
      const options = { limit, ...(onlyIf === undefined ? {} : { onlyIf }) }
      const written = await runtime.files.upload(path, bytes, options, signal)
      if (!written.ok) {
        const now = onlyIf === undefined ? undefined : ((await versionNow(runtime.files, path, signal)) ?? 'none')
        throw refused(written.message, undefined, onlyIf !== now ? 412 : 409)
      }
      const { size, version } = written
      return reply.header('etag', tagOf(version)).send({ size, version } satisfies Written)
    }),
  )
}

/** What the file has to be for it to be replaced: a version, or nothing at all. Throws 400 for a tag that is none of ours. */
function conditionOf({ headers }: FastifyRequest): string | undefined {
  if (headers['if-none-match'] === '*') return 'none'
  const tag = headers['if-match']
  if (tag === undefined) return undefined
  const version = versionIn(tag)
  if (version === undefined) throw new RouteError(400, { detail: 'If-Match has to be the ETag of the file.' })
  return version
}

/** The name in both spellings (RFC 6266): whatever cannot be in a header goes from the plain one. */
function attachment(path: string): string {
  const name = path.split('/').at(-1) ?? 'file'
  const plain = name.replaceAll(/[^\w.-]/g, '_')
  const exact = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    letter => `%${letter.charCodeAt(0).toString(16)}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`
}
