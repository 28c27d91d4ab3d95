import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Secrets } from '../core/ports.ts'
import { Secret } from '../lib/secret.ts'

/** The secrets of a data directory cannot be read or kept; the message says why and what to do, and never a value. */
export class SecretStoreError extends Error {
  override readonly name = 'SecretStoreError'
}

const keyBytes = 32
const ivBytes = 12
/** Bytes of one value, and how many values there may be. */
const mostBytes = 64 * 1024
const mostSecrets = 1000
const namePattern = /^[A-Za-z_][\w.-]{0,99}$/
/** What the text of the file is bound to: nothing else that the same key may have encrypted can take its place. */
const purpose = Buffer.from('openhands secrets 1')

const Sealed = z.strictObject({ version: z.literal(1), iv: z.base64(), tag: z.base64(), data: z.base64() })
const Content = z.array(z.tuple([z.string().regex(namePattern), z.string()]))

/**
 * Opens the secrets of a data directory: `secrets.json`, encrypted as a whole with AES-256-GCM under the key in
 * `secret.key`, so that a copy of one without the other tells nothing, and a change to it is noticed. Both are for their
 * owner only. Throws `SecretStoreError`.
 */
export async function openSecretStore(dataDir: string): Promise<Secrets> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const [file, keyFile] = [join(dataDir, 'secrets.json'), join(dataDir, 'secret.key')]
  const sealed = await contentOf(file)
  const key = (await contentOf(keyFile)) ?? (sealed === undefined ? await makeKey(keyFile) : undefined)
  if (key === undefined)
    throw new SecretStoreError(`${file} cannot be read without ${keyFile}. Bring that file back, or remove ${file}.`)
  if (key.length !== keyBytes)
    throw new SecretStoreError(`${keyFile} is not a key. Bring it back, or remove it and ${file}.`)
  const values = sealed === undefined ? [] : unseal(sealed, key, file)
  return new SecretFile(file, key, new Map(values))
}

class SecretFile implements Secrets {
  readonly #path: string
  readonly #key: Buffer
  #values: ReadonlyMap<string, string>
  /** Changes come one after the other, each whole on the disk before the next. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string, key: Buffer, values: ReadonlyMap<string, string>) {
    this.#path = path
    this.#key = key
    this.#values = values
  }

  names(): readonly string[] {
    return [...this.#values.keys()].sort()
  }

  get(name: string): Secret | undefined {
    const value = this.#values.get(name)
    return value === undefined ? undefined : new Secret(value)
  }

  set(name: string, secret: Secret): Promise<void> {
    const value = secret.reveal()
    if (!namePattern.test(name))
      return Promise.reject(
        new SecretStoreError(
          'The name of a secret has letters, digits, "_", "." and "-", at most 100, no digit first.',
        ),
      )
    if (value === '' || Buffer.byteLength(value) > mostBytes)
      return Promise.reject(new SecretStoreError(`The value of the secret ${name} must have 1 to ${mostBytes} bytes.`))
    return this.#change(values => {
      if (!values.has(name) && values.size >= mostSecrets)
        throw new SecretStoreError(`There are ${mostSecrets} secrets already; delete one first.`)
      return new Map([...values, [name, value]])
    })
  }

  async delete(name: string): Promise<boolean> {
    let wasThere = false
    await this.#change(values => {
      wasThere = values.has(name)
      return wasThere ? new Map([...values].filter(([each]) => each !== name)) : values
    })
    return wasThere
  }

  #change(next: (values: ReadonlyMap<string, string>) => ReadonlyMap<string, string>): Promise<void> {
    const work = this.#last.then(async () => {
      const values = next(this.#values)
      if (values === this.#values) return
      await replace(this.#path, seal(values, this.#key))
      this.#values = values
    })
    this.#last = work.catch(() => undefined)
    return work
  }
}

function seal(values: ReadonlyMap<string, string>, key: Buffer): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(purpose)
  const data = Buffer.concat([cipher.update(JSON.stringify([...values]), 'utf8'), cipher.final()])
  const [tag, ...rest] = [cipher.getAuthTag(), iv, data].map(bytes => bytes.toString('base64'))
  return `${JSON.stringify({ version: 1, iv: rest[0], tag, data: rest[1] })}\n`
}

function unseal(sealed: Buffer, key: Buffer, path: string): z.infer<typeof Content> {
  try {
    const { iv, tag, data } = Sealed.parse(JSON.parse(sealed.toString('utf8')))
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), { authTagLength: 16 })
    decipher.setAAD(purpose).setAuthTag(Buffer.from(tag, 'base64'))
    const text = Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()])
    return Content.parse(JSON.parse(text.toString('utf8')))
  } catch {
    // The cause is not passed on: it may quote what it could not read.
    const remedy = 'Bring back both files from a copy, or remove it and enter the secrets again'
    throw new SecretStoreError(`${path} was changed or does not belong to the secret.key beside it. ${remedy}.`)
  }
}

/** The bytes of a file that is for its owner only; undefined when there is none. */
async function contentOf(path: string): Promise<Buffer | undefined> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new SecretStoreError(`${path} cannot be read: it must be a plain file of the server's user.`, {
      cause: error,
    })
  }
  await using _ = file
  const found = await file.stat()
  if (!found.isFile()) throw new SecretStoreError(`${path} must be a plain file. Remove it.`)
  if (process.getuid !== undefined && found.uid !== process.getuid())
    throw new SecretStoreError(`${path} belongs to another user, who knows what is in it. Remove it.`)
  if (found.mode & 0o077) throw new SecretStoreError(`${path} can be read by others. Type: chmod 600 ${path}`)
  return file.readFile()
}

async function makeKey(path: string): Promise<Buffer> {
  await withTemporary(
    path,
    randomBytes(keyBytes),
    temporary => link(temporary, path).catch(() => undefined), // somebody was quicker: theirs is read below
  )
  const key = await contentOf(path)
  if (key === undefined) throw new SecretStoreError(`${path} cannot be made.`)
  return key
}

async function replace(path: string, text: string): Promise<void> {
  await withTemporary(path, text, temporary => rename(temporary, path))
  // The new name must survive a power cut as the new bytes do.
  await using folder = await open(join(path, '..'), constants.O_RDONLY | constants.O_DIRECTORY)
  await folder.sync()
}

/** Nobody ever reads half a file: it is whole and on the disk before it has its name. */
async function withTemporary(
  path: string,
  content: string | Buffer,
  work: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await using file = await open(temporary, 'wx', 0o600)
    await file.writeFile(content)
    await file.sync()
    await work(temporary)
  } finally {
    await rm(temporary, { force: true })
  }
}
