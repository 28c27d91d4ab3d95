import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { UserSettings } from '@openhands/protocol'
import * as z from 'zod'
import type { Secrets, SettingsStore } from '../core/ports.ts'
import { modelEndpoint } from '../lib/model-endpoint.ts'
import { Secret } from '../lib/secret.ts'

/** The settings of a data directory cannot be read; the message says why and what to do. */
export class SettingsStoreError extends Error {
  override readonly name = 'SettingsStoreError'
}

const text = z.string().nullable().default(null)

/** Fields that an older version did not have are not set; those of a newer one stay where they are. */
const Stored = z.looseObject({
  language: text,
  agent: text,
  max_iterations: z.int().positive().nullable().default(null),
  security_analyzer: text,
  confirmation_mode: z.boolean().nullable().default(null),
  llm_model: text,
  llm_base_url: text,
  remote_runtime_resource_factor: z.number().nullable().default(null),
})
type Stored = z.infer<typeof Stored>

/** The key and where it may go are one secret: they cannot be torn apart by a crash. */
const secretName = 'settings.llm_api_key'
const StoredKey = z.strictObject({ key: z.string(), endpoint: z.string() })

/**
 * Opens the user's settings: `settings.json` in the data directory, and the key among the secrets. `onKey` is called
 * with the key that there is, whatever it is for, and with each that is entered. Throws `SettingsStoreError`.
 */
export async function openSettingsStore(
  dataDir: string,
  secrets: Secrets,
  onKey: (key: Secret) => void = () => undefined,
): Promise<SettingsStore> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, 'settings.json')
  await removeUnfinished(dataDir)
  const kept = secrets.get(secretName)
  if (kept) onKey(new Secret(unsealed(kept).key))
  return new SettingsFile(path, await readStored(path), { secrets, onKey })
}

class SettingsFile implements SettingsStore {
  readonly #path: string
  readonly #secrets: Secrets
  readonly #onKey: (key: Secret) => void
  #stored: Stored | undefined
  /** Changes come one after the other, each whole on the disk before the next. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    path: string,
    stored: Stored | undefined,
    { secrets, onKey }: { readonly secrets: Secrets; readonly onKey: (key: Secret) => void },
  ) {
    this.#path = path
    this.#stored = stored
    this.#secrets = secrets
    this.#onKey = onKey
  }

  async load(): Promise<UserSettings | undefined> {
    await this.#last
    return this.#stored && settingsOf(this.#stored)
  }

  save(change: Parameters<SettingsStore['save']>[0]): Promise<void> {
    const work = this.#last.then(() => this.#save(change))
    this.#last = work.catch(() => undefined) // the caller has the failure; the next change starts afresh
    return work
  }

  /** Undefined as well while the settings name another endpoint than the one that it was entered for (S21). */
  async key(): Promise<Secret | undefined> {
    await this.#last
    const kept = this.#secrets.get(secretName)
    if (!kept || !this.#stored) return undefined
    const { key, endpoint } = unsealed(kept)
    return endpoint === endpointOf(this.#stored) ? new Secret(key) : undefined
  }

  async #save({ llm_api_key, ...change }: Parameters<SettingsStore['save']>[0]): Promise<void> {
    if (llm_api_key) this.#onKey(llm_api_key)
    const stored = Stored.parse({ ...this.#stored, ...change })
    if (JSON.stringify(stored) !== JSON.stringify(this.#stored)) {
      await replace(this.#path, `${JSON.stringify(stored, null, 2)}\n`)
      this.#stored = stored
    }
    if (llm_api_key === null) await this.#secrets.delete(secretName)
    else if (llm_api_key !== undefined) await this.#secrets.set(secretName, sealed(llm_api_key, stored))
  }
}

function sealed(key: Secret, settings: Stored): Secret {
  return new Secret(JSON.stringify({ key: key.reveal(), endpoint: endpointOf(settings) }))
}

function unsealed(secret: Secret): z.infer<typeof StoredKey> {
  return StoredKey.parse(JSON.parse(secret.reveal()))
}

function endpointOf({ llm_model, llm_base_url }: Stored): string {
  return modelEndpoint({ model: llm_model, baseUrl: llm_base_url })
}

function settingsOf(stored: Stored): UserSettings {
  const { language, agent, max_iterations, security_analyzer, confirmation_mode, llm_model, llm_base_url } = stored
  const { remote_runtime_resource_factor } = stored
  const judged = { security_analyzer, confirmation_mode }
  return { language, agent, max_iterations, ...judged, llm_model, llm_base_url, remote_runtime_resource_factor }
}

/** What a server that was killed in the middle of saving has left. */
async function removeUnfinished(dataDir: string): Promise<void> {
  const left = (await readdir(dataDir)).filter(name => /^settings\.json\.[0-9a-f]{12}$/.test(name))
  await Promise.all(left.map(name => rm(join(dataDir, name), { force: true })))
}

async function readStored(path: string): Promise<Stored | undefined> {
  let content: string
  try {
    content = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new SettingsStoreError(`${path} cannot be read: it must be a plain file of the server's user.`, {
      cause: error,
    })
  }
  try {
    return Stored.parse(JSON.parse(content))
  } catch (error) {
    throw new SettingsStoreError(`${path} does not hold settings. Correct it, or remove it and enter them again.`, {
      cause: error,
    })
  }
}

/** Nobody ever reads half a file, and a crash leaves the old one or the new one. */
async function replace(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await using file = await open(temporary, 'wx', 0o600)
    await file.writeFile(content)
    await file.sync()
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
  await using folder = await open(join(path, '..'), constants.O_RDONLY | constants.O_DIRECTORY)
  await folder.sync()
}
