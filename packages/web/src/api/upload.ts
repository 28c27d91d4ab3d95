import { currentToken, noteDenied } from './access.ts'
import { address } from './address.ts'
import { RequestError } from './request.ts'

/** How an upload goes; it ends with the signal, and leaves nothing behind then. */
export interface Uploading {
  readonly signal: AbortSignal
  /** Bytes that have been sent. */
  readonly onProgress: (sent: number) => void
}

/** What became of the files of an archive, or of a form. */
export interface UploadReport {
  readonly uploaded_files: readonly string[]
  readonly skipped_files: readonly { readonly name: string; readonly reason: string }[]
}

/** Sends a file as it is; a `conflict` where one is there that shall not be replaced. Rejects with a `RequestError`. */
export async function uploadFile(
  path: string,
  file: Blob,
  replace: boolean,
  how: Uploading,
): Promise<'uploaded' | 'conflict'> {
  const headers = { 'content-type': 'application/octet-stream', ...(replace ? {} : { 'if-none-match': '*' }) }
  const { status, body } = await send('PUT', path, file, headers, how)
  if (status === 412) return 'conflict'
  if (status >= 300) throw failureOf(status, body)
  return 'uploaded'
}

/** Sends a zip archive to be unpacked. Rejects with a `RequestError` where nothing can be told of its files. */
export async function importArchive(path: string, file: File, how: Uploading): Promise<UploadReport> {
  const form = new FormData()
  form.append('files', file)
  const { status, body } = await send('POST', path, form, {}, how)
  if ('uploaded_files' in body && 'skipped_files' in body && status < 500) return body as unknown as UploadReport // the type of the route
  throw failureOf(status, body)
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** `fetch` does not tell how much of a body has been sent; this does. */
function send(
  method: 'PUT' | 'POST',
  path: string,
  body: Blob | FormData,
  headers: Readonly<Record<string, string>>,
  { signal, onProgress }: Uploading,
): Promise<Answer> {
  const request = new XMLHttpRequest()
  const abort = (): void => request.abort()
  return new Promise<Answer>((resolve, reject) => {
    signal.throwIfAborted()
    request.open(method, address(path))
    const token = currentToken()
    if (token !== undefined) request.setRequestHeader('authorization', `Bearer ${token}`)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded }) => onProgress(loaded)
    request.onload = () => {
      if (request.status === 401) noteDenied()
      resolve({ status: request.status, body: fieldsOf(request.responseText) })
    }
    request.onerror = () => reject(new RequestError(0, 'The server does not answer.'))
    request.onabort = () => reject(signal.reason ?? new Error('the upload was broken off'))
    signal.addEventListener('abort', abort)
    request.send(body)
  }).finally(() => signal.removeEventListener('abort', abort))
}

function failureOf(status: number, { detail, error, remedy }: Answer['body']): RequestError {
  const words = [detail, error].find(each => typeof each === 'string' && each !== '')
  const told = typeof words === 'string' ? words : `The server answered ${status}.`
  return new RequestError(status, told, typeof remedy === 'string' ? remedy : undefined)
}

function fieldsOf(json: string): Answer['body'] {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {} // a proxy's page: the status says what there is to say
  }
}
