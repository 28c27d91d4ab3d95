import { text } from '../../text.ts'

const names: ReadonlyMap<string, string> = new Map([
  ['LLM_MODEL', text.settings.model],
  ['LLM_BASE_URL', text.settings.baseUrl],
  ['LLM_API_KEY', text.settings.key],
])

/** The words of the server, with the fields named as this page names them. */
export function inPageWords(words: string): string {
  return words.replace(/LLM_(MODEL|BASE_URL|API_KEY)/g, name => `“${names.get(name) ?? name}”`)
}

interface Endpoint {
  readonly model: string
  readonly baseUrl: string
}

/** Whether a key entered for one is used for the other: the same provider in front of the name, the same address (S21). */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return providerOf(a.model) === providerOf(b.model) && addressOf(a.baseUrl) === addressOf(b.baseUrl)
}

function providerOf(model: string): string {
  const name = model.trim().toLowerCase()
  const slash = name.indexOf('/')
  return slash > 0 ? name.slice(0, slash) : name
}

function addressOf(url: string): string {
  return url.trim().replace(/\/+$/, '')
}

/** Steps as somebody has typed them: null for none, undefined for what is no whole number that makes sense. */
export function readSteps(typed: string): number | null | undefined {
  const words = typed.trim()
  if (words === '') return null
  const steps = /^\d{1,7}$/.test(words) ? Number(words) : 0
  return steps >= 1 && steps <= 1_000_000 ? steps : undefined
}
