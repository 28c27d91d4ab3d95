import { Readable } from 'node:stream'
import multipart, { type MultipartFile } from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Runtime } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import type { DoorParts, Routes } from './door-parts.ts'
import { listing, saving, selecting, uploading, zipping } from './file-contracts.ts'
import { workspacePath } from './file-name.ts'
import { listFiles } from './list-files.ts'
import { disposeWith, type Naming, namings, runtimeOf, schemaOf, untilClosed } from './request-session.ts'
import { isBrokenJson, missing, RouteError, routesWithDetails } from './route-errors.ts'
import { type Contract, queryOf } from './route-schema.ts'
import { selectFile } from './select-file.ts'
import { forgetImports, Upload } from './upload.ts'

/** Bytes of the JSON that carries a saved file. */
const saveLimit = 32 * 1024 * 1024
/** Parts of one upload. */
const partsLimit = 10_000

/** A request with what it is about. */
interface Asked {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly runtime: Runtime
  readonly signal: AbortSignal
}

/** The files of a session's workspace, through its own sandbox: wire A5.4–A5.7 and A5.10, and B2 in both spellings. */
export const fileRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    scope.register(multipart, {
      limits: { fileSize: Number.POSITIVE_INFINITY, parts: partsLimit, files: partsLimit, fieldSize: 64 * 1024 },
      throwFileSizeLimit: false,
      preservePath: true,
    })
    scope.addHook('onReady', () => forgetImports(parts.facts.dataDir))
    for (const naming of namings(parts)) addRoutes(scope, parts, naming)
  })
}

function addRoutes(scope: FastifyInstance, parts: DoorParts, naming: Naming): void {
  const { prefix, config } = naming
  /** Finds session and sandbox first; a sandbox that is lost meanwhile is `failed` in the words of this route. */
  const about =
    (act: (asked: Asked) => Promise<FastifyReply>, failed: (reason: string) => Record<string, unknown>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const id = await naming.session(request)
      const signal = untilClosed(reply)
      try {
        return await act({ request, reply, signal, runtime: await runtimeOf(parts, id, signal) })
      } catch (error) {
        if (error instanceof RouteError || isClientError(error)) throw error
        if (!signal.aborted) parts.log.warn('a file route failed', { session: id, error: messageOf(error) })
        throw new RouteError(500, failed(messageOf(error)))
      }
    }
  const error = (what: string) => (reason: string) => ({ error: `${what}: ${reason}` })
  const as = (described: Contract) => ({ config, schema: schemaOf(naming, described) })
  const bodied = { exposeHeadRoute: false } // nothing is read to be thrown away
  scope.get(`${prefix}/list-files`, as(listing), about(list, error('Error listing files')))
  scope.get(`${prefix}/select-file`, { ...as(selecting), ...bodied }, about(select, error('Error opening file')))
  const save = { ...as(saving), bodyLimit: saveLimit, errorHandler: unreadableSave(scope) }
  scope.post(`${prefix}/save-file`, save, about(saveFile, error('Error saving file')))
  const uploadFailed = (reason: string): Record<string, unknown> => ({
    error: `${naming.version === '0.13.1' ? 'Error during file upload' : 'Error saving file'}: ${reason}`,
    uploaded_files: [],
    skipped_files: [],
  })
  scope.post(
    `${prefix}/upload-files`,
    as(uploading),
    about(asked => upload(asked, parts), uploadFailed),
  )
  const zipFailed = (reason: string): Record<string, unknown> =>
    naming.version === '0.13.1'
      ? { detail: 'Failed to zip workspace' }
      : { error: `Error zipping workspace: ${reason}` }
  scope.get(`${prefix}/zip-directory`, { ...as(zipping), ...bodied }, about(zip, zipFailed))
}

async function list({ request, reply, runtime, signal }: Asked): Promise<FastifyReply> {
  const { path } = queryOf(listing, request)
  const inside = workspacePath(path, runtime.workspace)
  if (inside === undefined) throw outside('Error listing files')
  const { paths, leftOut } = await listFiles(runtime.files, inside, path, signal)
  if (leftOut > 0) reply.header('openhands-left-out', leftOut)
  return reply.send(paths)
}

async function select({ request, reply, runtime, signal }: Asked): Promise<FastifyReply> {
  const { file } = queryOf(selecting, request)
  const inside = workspacePath(file, runtime.workspace)
  if (!inside) throw outside('Error opening file')
  const selected = await selectFile(runtime.files, inside, signal)
  if (!selected.ok)
    throw new RouteError(500, { error: `Error opening file: **ErrorObservation**\n${selected.message}` })
  disposeWith(reply, selected.stream)
  reply.header('etag', JSON.stringify(selected.version)).type('application/json; charset=utf-8')
  return reply.send(Readable.from(selected.json, { objectMode: false }))
}

/** With `If-Match` the file is only replaced while it is as `select-file` gave it: 409 otherwise. */
async function saveFile({ request, reply, runtime, signal }: Asked): Promise<FastifyReply> {
  const body = saving.body.safeParse(request.body)
  if (!body.success) throw new RouteError(400, { detail: 'Missing filePath or content' })
  const inside = workspacePath(body.data.filePath, runtime.workspace)
  if (!inside) throw outside('Failed to save file')
  const [, onlyIf] = /^"([^"]{1,200})"$/.exec(request.headers['if-match'] ?? '') ?? []
  const bytes = Buffer.from(body.data.content)
  const options = { limit: bytes.length, ...(onlyIf === undefined ? {} : { onlyIf }) }
  const saved = await runtime.files.upload(inside, Readable.from([bytes]), options, signal)
  if (!saved.ok) {
    const changed = onlyIf !== undefined && onlyIf !== (await versionNow(runtime.files, inside, signal))
    throw new RouteError(changed ? 409 : 500, { error: `Failed to save file: ${saved.message}` })
  }
  return reply.header('etag', JSON.stringify(saved.version)).send({ message: 'File saved successfully' })
}

async function versionNow(files: Runtime['files'], path: string, signal: AbortSignal): Promise<string | undefined> {
  const opened = await files.download(path, 0, signal)
  if (!opened.ok) return undefined
  await opened.stream[Symbol.asyncDispose]()
  return opened.version
}

async function upload({ request, reply, runtime, signal }: Asked, { facts }: DoorParts): Promise<FastifyReply> {
  if (!request.isMultipart()) throw missing('body', 'files')
  const files = new Upload(runtime.files, facts, signal)
  const count = await takeParts(request, files)
  if (count === 0) throw missing('body', 'files')
  const { report } = files
  const message = 'File upload process completed'
  if (report.uploaded_files.length > 0) return reply.send({ message, ...report })
  return reply.code(400).send({ message, ...report, error: 'No files were uploaded successfully' })
}

/** Resolves to how many files there were. Throws `RouteError` 400 for a body that breaks off or is no multipart at all. */
async function takeParts(request: FastifyRequest, files: Upload): Promise<number> {
  let count = 0
  let file: MultipartFile['file'] | undefined // the one that is being taken
  try {
    for await (const part of request.parts()) {
      if (part.type !== 'file') continue
      file = part.file
      if (part.fieldname === 'files') {
        count++
        await files.take(part)
      } else file.resume()
      file = undefined
    }
  } catch (error) {
    const isBodys = file === undefined || file.errored !== null
    if (!isBodys || isClientError(error)) throw error
    throw new RouteError(400, { detail: `The upload cannot be read: ${messageOf(error)}` })
  }
  return count
}

async function zip({ reply, runtime, signal }: Asked): Promise<FastifyReply> {
  const opened = await runtime.files.archive('.', signal)
  if (!opened.ok) throw new Error(opened.message)
  disposeWith(reply, opened.stream)
  reply.type('application/x-zip-compressed').header('content-disposition', 'attachment; filename="workspace.zip"')
  return reply.send(Readable.from(opened.stream.output, { objectMode: false }))
}

function outside(what: string): RouteError {
  return new RouteError(400, { error: `${what}: Not a path in the workspace` })
}

/** What the framework found wrong with a request, as opposed to what we did. */
function isClientError(error: unknown): boolean {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  return status >= 400 && status < 500
}

/** JSON that cannot be read is said so in the words of this route. */
function unreadableSave(scope: FastifyInstance): FastifyInstance['errorHandler'] {
  return (error, request, reply) => {
    if (isBrokenJson(error)) reply.code(400).send({ detail: `Error saving file: ${messageOf(error)}` })
    else scope.errorHandler(error, request, reply)
  }
}
