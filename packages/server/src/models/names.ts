import { nearest } from '@openhands/protocol'
import { ModelError } from '../core/ports.ts'
import {
  bareNames,
  type Dialect,
  onlyThroughProxy,
  type Provider,
  providerNamed,
  providerSpellings,
  providers,
} from './providers.ts'

/** Where a model is and how it is spoken to, read from its name and base URL. */
export interface Address {
  /** `provider/model`: what people, logs and reasoning know the model by. */
  readonly name: string
  readonly provider: Provider
  readonly dialect: Dialect
  /** The model as its provider calls it. */
  readonly model: string
  /** Without a slash at the end. */
  readonly baseUrl: string
  /** True when the base URL is not the provider's own. */
  readonly customUrl: boolean
}

/** A name that stands for a recording: the file's name, or undefined for the built-in demonstration. */
export interface Replayed {
  readonly recording: string | undefined
}

/** `replay` and `replay/<file>`; undefined for every other name. */
export function replayNamed(name: string): Replayed | undefined {
  if (/^replay(\/demo)?$/i.test(name)) return { recording: undefined }
  const file = /^replay\/(.+)$/i.exec(name)?.[1]
  return file === undefined ? undefined : { recording: file }
}

/**
 * Reads a model's name as people write it. Throws `ModelError` of kind `configuration` that names LLM_MODEL or
 * LLM_BASE_URL and what would be right.
 */
export function addressOf(written: string, givenUrl?: string): Address {
  const name = written.trim()
  const url = givenUrl === undefined ? undefined : readBaseUrl(givenUrl)
  const slash = name.indexOf('/')
  const prefix = slash > 0 ? name.slice(0, slash) : ''
  const provider = providerNamed(prefix) ?? bareProvider(name)
  if (provider) return addressAt(provider, providerNamed(prefix) ? name.slice(slash + 1) : name, url)
  if (onlyThroughProxy.includes(prefix.toLowerCase()) && !url) throw behindProxy(name, prefix)
  const any = providerNamed('openai-compatible')
  if (url && any && name) return addressAt(any, name, url)
  throw new ModelError(
    'configuration',
    `LLM_MODEL: "${shown(name)}" names no known provider. ${suggestion(name, prefix)}`,
  )
}

function bareProvider(name: string): Provider | undefined {
  const family = bareNames.find(each => each.pattern.test(name))
  return family && providerNamed(family.provider)
}

function addressAt(provider: Provider, id: string, url: string | undefined): Address {
  const model = bareNames.some(each => each.pattern.test(id)) ? id.toLowerCase() : id
  if (!model) throw new ModelError('configuration', `LLM_MODEL: no model is named after "${provider.name}/".`)
  const baseUrl = url === undefined ? provider.baseUrl : withVersion(provider, url)
  if (baseUrl === undefined) {
    const remedy = `Set LLM_BASE_URL to where it is served, such as http://127.0.0.1:8000/v1.`
    throw new ModelError(
      'configuration',
      `LLM_BASE_URL is missing: "${provider.name}/${shown(model)}" has no address of its own. ${remedy}`,
    )
  }
  const customUrl = baseUrl !== provider.baseUrl
  // Servers that imitate OpenAI speak Chat Completions; few speak Responses, so that has to be asked for by name.
  const dialect = provider.name === 'openai' && customUrl ? 'chat' : provider.dialect
  return { name: `${provider.name}/${model}`, provider, dialect, model, baseUrl, customUrl }
}

/** The base URL without what people paste along with it. Throws `ModelError` when it is none. */
export function readBaseUrl(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    const remedy = 'Write it as in http://127.0.0.1:8000/v1.'
    throw new ModelError('configuration', `LLM_BASE_URL: "${shown(text)}" is not an http or https address. ${remedy}`)
  }
  const path = parsed.pathname.replace(/\/(chat\/completions|responses|messages)?\/*$/, '').replace(/\/+$/, '')
  const user = parsed.username ? `${parsed.username}${parsed.password ? `:${parsed.password}` : ''}@` : ''
  return `${parsed.protocol}//${user}${parsed.host}${path}`
}

/** Anthropic's address is customarily given without the version that its paths begin with. */
function withVersion(provider: Provider, url: string): string {
  return provider.dialect === 'anthropic' && new URL(url).pathname === '/' ? `${url}/v1` : url
}

function behindProxy(name: string, prefix: string): ModelError {
  const remedy = `Run a LiteLLM proxy for it and name the model "litellm_proxy/${shown(name)}".`
  return new ModelError('configuration', `LLM_MODEL: models of "${prefix}" are not reached directly. ${remedy}`)
}

function suggestion(name: string, prefix: string): string {
  if (prefix) {
    const near = nearest(prefix, providerSpellings)
    const rest = shown(name.slice(prefix.length))
    if (near) return `Did you mean "${near}${rest}"?`
  }
  const stem = /^[a-z]+/i.exec(name)?.[0] ?? ''
  const near = prefix ? undefined : nearest(stem, ['claude', 'gpt', 'gemini', 'chatgpt', 'replay'])
  if (near) return `Did you mean "${near}${shown(name.slice(stem.length))}"?`
  const known = providers.map(each => `${each.name}/…`).join(', ')
  return `Write it as provider/model with one of ${known}, or set LLM_BASE_URL to an OpenAI-compatible server.`
}

function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100).toWellFormed()}…` : text
}
