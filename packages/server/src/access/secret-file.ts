import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Random bits of a secret that this server makes. */
const SECRET_BYTES = 32

/**
 * The secret in a file, made if there is none. The file is for its owner alone from its first moment (mode 0600), and a
 * link in its place is refused. Throws when the file is open to others or empty.
 */
export async function secretFile(path: string): Promise<string> {
  return (await readSecret(path)) ?? (await makeSecret(path))
}

/** The secret in a file; undefined when there is no file. */
export async function readSecret(path: string): Promise<string | undefined> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw notPlain(path, error)
  }
  await using _ = file
  const found = await file.stat()
  if (!found.isFile()) throw notPlain(path)
  if (process.getuid !== undefined && found.uid !== process.getuid())
    throw new Error(`${path} belongs to another user, who knows what is in it. Remove it.`)
  if (found.mode & 0o077) throw new Error(`${path} can be read by others. Type: chmod 600 ${path}`)
  const secret = (await file.readFile('utf8')).trim()
  if (secret.length < 16)
    throw new Error(`${path} holds no secret of 16 characters or more. Remove it to have one made.`)
  return secret
}

function notPlain(path: string, cause?: unknown): Error {
  const message = `${path} cannot be used as a secret: it must be a plain file. Remove it to have a new one made.`
  return new Error(message, { cause })
}

/** Written whole under another name first, so that nobody ever reads half a secret. */
async function makeSecret(path: string): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(SECRET_BYTES).toString('base64url')}\n`)
    await file.sync()
    await link(temporary, path).catch(() => undefined) // somebody was quicker: theirs is read below
  } finally {
    await file.close()
    await rm(temporary, { force: true })
  }
  const secret = await readSecret(path)
  if (secret === undefined) throw new Error(`${join(path)} cannot be made.`)
  return secret
}
