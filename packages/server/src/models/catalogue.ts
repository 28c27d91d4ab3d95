import { hash } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import { type Clock, type Model, ModelError, type Models } from '../core/ports.ts'
import { Account } from './account.ts'
import { type Deadlines, defaultDeadlines, systemTimers } from './deadlines.ts'
import { endpointOf } from './endpoint.ts'
import { type Declared, factsOf } from './facts.ts'
import { type Address, addressOf, readBaseUrl, replayNamed } from './names.ts'
import { newNetwork, providerFetch } from './provider-fetch.ts'
import { type LoadableModel, providerModel, type Sampling } from './provider-model.ts'
import { recorded } from './recording.ts'
import { demoModel, replayModel } from './replay.ts'
import { retried } from './retry.ts'

/** A model, where it is and the key for it, as people write them. */
export interface ModelSettings {
  readonly model?: string
  readonly baseUrl?: string
  readonly apiKey?: string
}

export interface ModelsOptions {
  /** LLM_MODEL, LLM_BASE_URL and LLM_API_KEY of the server. */
  readonly defaults: ModelSettings
  readonly clock: Clock
  /** At least 0 and less than 1. */
  readonly random: () => number
  /** Complete answers are written here, one file per session; absent: nothing is recorded. */
  readonly recordFolder?: string
  /** Told when a recording cannot be written. */
  readonly onTrouble?: (error: unknown) => void
  readonly deadlines?: Partial<Deadlines>
  /** What the owner says about the server's own model; of other models only the table is known. */
  readonly declared?: Declared
  readonly sampling?: Sampling
}

const mostModels = 64
const mostAccounts = 256

/** The models that settings can name. The same settings give the same model, so that what it remembers serves again. */
export function createModels(options: ModelsOptions): Models {
  return new Catalogue(options)
}

class Catalogue implements Models {
  readonly #options: ModelsOptions
  readonly #defaults: ModelSettings
  readonly #models = new Map<string, Model>()
  readonly #accounts = new Map<string, Account>()
  readonly #network

  constructor(options: ModelsOptions) {
    this.#options = options
    this.#defaults = present(options.defaults)
    this.#network = newNetwork({ ...defaultDeadlines, ...options.deadlines }, systemTimers, () => options.clock.now())
  }

  resolve(settings: { model?: string; baseUrl?: string; apiKey?: string }): Model {
    const asked = present(settings)
    const wanted = { ...this.#defaults, ...asked, ...this.#spelledAsDefault(asked.model) }
    if (wanted.model === undefined) return this.#unnamed(wanted)
    const replayed = replayNamed(wanted.model)
    if (replayed) return this.#replay(replayed.recording, asked.model !== undefined)
    const address = addressOf(wanted.model, wanted.baseUrl)
    const key = asked.apiKey ?? (this.#mayHaveOurKey(address, asked) ? this.#defaults.apiKey : undefined)
    if (key === undefined && address.provider.needsKey && !address.customUrl) throw this.#keyMissing(address)
    return this.#model(address, key)
  }

  /** Pages save names in lower case; where the server's own name is meant it is written as the server writes it. */
  #spelledAsDefault(model: string | undefined): ModelSettings {
    const own = this.#defaults.model
    return own !== undefined && model?.toLowerCase() === own.toLowerCase() ? { model: own } : {}
  }

  #unnamed({ baseUrl, apiKey }: ModelSettings): Model {
    if (baseUrl === undefined && apiKey === undefined) return this.#once('replay', demoModel)
    const given = baseUrl === undefined ? 'LLM_API_KEY' : 'LLM_BASE_URL'
    const remedy = 'Name one, such as anthropic/claude-sonnet-4-5 or ollama/qwen3-coder.'
    throw new ModelError('configuration', `LLM_MODEL is not set, only ${given}. ${remedy}`)
  }

  /** A client may only name recordings of the server's own folder; the server's owner may name any file. */
  #replay(recording: string | undefined, byClient: boolean): Model {
    if (recording === undefined) return this.#once('replay', demoModel)
    const own = this.#defaults.model
    const isOwners = !byClient || (own !== undefined && replayNamed(own)?.recording === recording)
    const file = isOwners ? recording : this.#recordingFile(recording)
    return this.#once(`replay\0${file}`, () => replayModel(file, `replay/${recording}`))
  }

  #recordingFile(recording: string): string {
    const folder = this.#options.recordFolder
    const isPlain = /^[\w-][\w.-]*$/.test(recording) && !isAbsolute(recording)
    if (folder === undefined || !isPlain) {
      const remedy = folder === undefined ? 'This server keeps no recordings.' : 'Give the plain name of a recording.'
      throw new ModelError('configuration', `LLM_MODEL: "replay/…" names no recording here. ${remedy}`)
    }
    return join(folder, recording.endsWith('.jsonl') ? recording : `${recording}.jsonl`)
  }

  /** The server's key goes only where it was entered for: the same address, and the same provider where it has its own. */
  #mayHaveOurKey(address: Address, asked: ModelSettings): boolean {
    const own = this.#defaults
    if (own.baseUrl !== undefined) {
      return asked.baseUrl === undefined || readBaseUrl(asked.baseUrl) === readBaseUrl(own.baseUrl)
    }
    if (own.model === undefined || replayNamed(own.model)) return false
    return addressOf(own.model).baseUrl === address.baseUrl
  }

  #keyMissing(address: Address): ModelError {
    const { name } = address.provider
    const has = this.#defaults.apiKey !== undefined
    const why = has
      ? `the server's key is for another provider and is not sent to ${name}`
      : `${name} answers nobody without a key`
    return new ModelError(
      'configuration',
      `LLM_API_KEY is missing for ${address.name}: ${why}. Enter a key for ${name}.`,
    )
  }

  #model(address: Address, key: string | undefined): Model {
    const account = `${address.provider.name}\0${address.baseUrl}\0${key === undefined ? '' : hash('sha256', key)}`
    return this.#once(`${address.name}\0${address.dialect}\0${account}`, () => this.#build(address, key, account))
  }

  #build(address: Address, key: string | undefined, accountName: string): Model {
    const { clock, random, recordFolder, onTrouble = () => {}, sampling = {} } = this.#options
    const endpoint = endpointOf(address, key)
    const facts = factsOf(address, this.#declaredFor(address))
    const model = providerModel({ endpoint, facts, sampling, fetch: providerFetch(endpoint, this.#network) })
    const account = bounded(this.#accounts, accountName, mostAccounts, () => new Account(clock))
    const lasting: LoadableModel = retried(model, { account, clock, random, price: facts.price })
    model.preload()
    return recordFolder === undefined ? lasting : recorded(lasting, recordFolder, onTrouble)
  }

  /** What was declared was declared of the server's own model. */
  #declaredFor(address: Address): Declared | undefined {
    const { model, baseUrl } = this.#defaults
    if (model === undefined) return this.#options.declared
    return !replayNamed(model) && addressOf(model, baseUrl).name === address.name ? this.#options.declared : undefined
  }

  #once(name: string, make: () => Model): Model {
    return bounded(this.#models, name, mostModels, make)
  }
}

/** The entry of this name, made where it is missing; beyond so many the one unused for longest is forgotten. */
function bounded<V>(map: Map<string, V>, name: string, most: number, make: () => V): V {
  const value = map.get(name) ?? make()
  map.delete(name)
  map.set(name, value)
  const oldest = map.size > most ? map.keys().next() : undefined
  if (oldest && !oldest.done) map.delete(oldest.value)
  return value
}

/** Blank text counts as absent. */
function present(settings: {
  model?: string | undefined
  baseUrl?: string | undefined
  apiKey?: string | undefined
}): ModelSettings {
  return Object.fromEntries(
    Object.entries(settings)
      .map(([name, value]) => [name, value?.trim()])
      .filter(([, value]) => value !== undefined && value !== ''),
  )
}
