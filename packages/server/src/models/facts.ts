import type { Address } from './names.ts'

/** Prices in US dollars per million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
}

/** What is known about a model; what was declared always wins over the table. */
export interface Facts {
  /** Tokens that a prompt may have. */
  readonly contextTokens: number
  readonly acceptsImages: boolean
  /** Absent where it is not known: a cost is then unknown, never zero. */
  readonly price?: Price
  /** Tokens that an answer may have; absent where the provider decides. */
  readonly maxOutputTokens?: number
}

/** What the server's owner says about the models; every field is optional and wins over the table. */
export interface Declared {
  readonly contextTokens?: number
  readonly maxOutputTokens?: number
  readonly acceptsImages?: boolean
  /** US dollars per token. */
  readonly inputCostPerToken?: number
  /** US dollars per token. */
  readonly outputCostPerToken?: number
}

interface Family extends Partial<Facts> {
  readonly pattern: RegExp
}

const date = String.raw`(?:[-@]\d{8}|-\d{4}-\d\d-\d\d|-latest)?`

function exactly(name: string): RegExp {
  return new RegExp(`^${name}${date}$`)
}

/** Anthropic bills a read from its cache with a tenth and a write with a quarter more than the plain input. */
function claude(input: number, output: number): Price {
  return { input, output, cacheRead: input / 10, cacheWrite: input * 1.25 }
}

/** OpenAI and Google bill cached input less and writes to the cache like any input. */
function plain(input: number, cacheRead: number, output: number): Price {
  return { input, output, cacheRead, cacheWrite: input }
}

/** List prices and windows as the providers published them; the first match counts, so exact names stand before families. */
const families: readonly Family[] = [
  { pattern: exactly('claude-opus-4-[5-8]'), price: claude(5, 25) },
  { pattern: exactly('claude-opus-4(?:-[01])?'), price: claude(15, 75) },
  { pattern: exactly('claude-sonnet-4(?:-[0-6])?'), price: claude(3, 15) },
  { pattern: exactly('claude-haiku-4-5'), price: claude(1, 5) },
  { pattern: exactly('claude-3-[57]-sonnet'), price: claude(3, 15), maxOutputTokens: 8192 },
  { pattern: exactly('claude-3-5-haiku'), price: claude(0.8, 4), maxOutputTokens: 8192 },
  { pattern: exactly('claude-3-opus'), price: claude(15, 75), maxOutputTokens: 4096 },
  { pattern: exactly('claude-3-sonnet'), price: claude(3, 15), maxOutputTokens: 4096 },
  { pattern: exactly('claude-3-haiku'), price: claude(0.25, 1.25), maxOutputTokens: 4096 },
  { pattern: /^claude-/, contextTokens: 200_000, acceptsImages: true },
  { pattern: exactly('gpt-5'), price: plain(1.25, 0.125, 10) },
  { pattern: exactly('gpt-5-mini'), price: plain(0.25, 0.025, 2) },
  { pattern: exactly('gpt-5-nano'), price: plain(0.05, 0.005, 0.4) },
  { pattern: /^gpt-5/, contextTokens: 272_000, acceptsImages: true },
  { pattern: exactly('gpt-4\\.1'), price: plain(2, 0.5, 8) },
  { pattern: exactly('gpt-4\\.1-mini'), price: plain(0.4, 0.1, 1.6) },
  { pattern: exactly('gpt-4\\.1-nano'), price: plain(0.1, 0.025, 0.4) },
  { pattern: /^gpt-4\.1/, contextTokens: 1_047_576, acceptsImages: true },
  { pattern: exactly('gpt-4o'), price: plain(2.5, 1.25, 10) },
  { pattern: exactly('gpt-4o-mini'), price: plain(0.15, 0.075, 0.6) },
  { pattern: /^(gpt-4o|gpt-4-turbo|chatgpt-4o)/, contextTokens: 128_000, acceptsImages: true },
  { pattern: /^gpt-4/, contextTokens: 8192, acceptsImages: false },
  { pattern: /^gpt-3\.5/, contextTokens: 16_385, acceptsImages: false },
  { pattern: /^gpt-oss/, contextTokens: 131_072, acceptsImages: false },
  { pattern: exactly('o3'), price: plain(2, 0.5, 8) },
  { pattern: exactly('o4-mini'), price: plain(1.1, 0.275, 4.4) },
  { pattern: exactly('o3-mini'), price: plain(1.1, 0.55, 4.4), acceptsImages: false },
  { pattern: exactly('o1'), price: plain(15, 7.5, 60) },
  { pattern: /^(o[134]|codex-)/, contextTokens: 200_000, acceptsImages: true },
  { pattern: exactly('gemini-2\\.5-flash'), price: plain(0.3, 0.03, 2.5) },
  { pattern: exactly('gemini-2\\.5-flash-lite'), price: plain(0.1, 0.01, 0.4) },
  { pattern: exactly('gemini-2\\.0-flash'), price: plain(0.1, 0.025, 0.4) },
  { pattern: /^gemini-/, contextTokens: 1_048_576, acceptsImages: true },
  { pattern: /^deepseek-/, contextTokens: 128_000, acceptsImages: false },
  { pattern: /(llava|vision|pixtral|[-:]vl\b|-vl-|gemma-?3|llama-?4|moondream)/, acceptsImages: true },
]

const localWindow = 32_768
const hostedWindow = 128_000

/** What the table and the owner know about a model. */
export function factsOf(address: Address, declared: Declared = {}): Facts {
  const id = address.model.slice(address.model.lastIndexOf('/') + 1).toLowerCase()
  let known: Partial<Facts> = {}
  for (const family of families.toReversed()) if (family.pattern.test(id)) known = { ...known, ...family }
  const unknownWindow = address.provider.local || address.provider.baseUrl === undefined ? localWindow : hostedWindow
  const price = declaredPrice(declared) ?? (address.provider.local ? undefined : known.price)
  const maxOutputTokens =
    declared.maxOutputTokens ?? (address.dialect === 'anthropic' ? answerLimit(id, known) : undefined)
  return {
    contextTokens: declared.contextTokens ?? known.contextTokens ?? unknownWindow,
    acceptsImages: declared.acceptsImages ?? known.acceptsImages ?? address.dialect === 'google',
    ...(price === undefined ? {} : { price }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  }
}

/** Anthropic wants a limit with every request; newer Claude models bring theirs with the provider's library. */
function answerLimit(id: string, known: Partial<Facts>): number | undefined {
  return known.maxOutputTokens ?? (/^claude-(opus|sonnet|haiku|fable)-\d/.test(id) ? undefined : 16_384)
}

function declaredPrice(declared: Declared): Price | undefined {
  if (declared.inputCostPerToken === undefined || declared.outputCostPerToken === undefined) return undefined
  const input = declared.inputCostPerToken * 1e6
  return { input, cacheRead: input, cacheWrite: input, output: declared.outputCostPerToken * 1e6 }
}
