/** The ways in which providers are spoken to. */
export type Dialect = 'anthropic' | 'responses' | 'chat' | 'google'

/** One provider as people name it in front of a model: `provider/model`. */
export interface Provider {
  /** As it is written in a model's name. */
  readonly name: string
  readonly dialect: Dialect
  /** Where it is reached unless a base URL says otherwise; absent where one has to be given. */
  readonly baseUrl?: string
  /** True where no request is answered without a key. */
  readonly needsKey: boolean
  /** Runs on the user's own machine as a rule: no price, and a window that its server decides. */
  readonly local?: true
  readonly alsoCalled?: readonly string[]
}

/** Every provider that can be named; the spellings follow LiteLLM's, which people know from OpenHands. */
export const providers: readonly Provider[] = [
  { name: 'anthropic', dialect: 'anthropic', baseUrl: 'https://api.anthropic.com/v1', needsKey: true },
  { name: 'openai', dialect: 'responses', baseUrl: 'https://api.openai.com/v1', needsKey: true },
  { name: 'openai-responses', dialect: 'responses', baseUrl: 'https://api.openai.com/v1', needsKey: true },
  {
    name: 'google',
    dialect: 'google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    needsKey: true,
    alsoCalled: ['gemini'],
  },
  {
    name: 'openai-compatible',
    dialect: 'chat',
    needsKey: false,
    alsoCalled: ['openai_compatible', 'openai_like', 'custom_openai'],
  },
  {
    name: 'ollama',
    dialect: 'chat',
    baseUrl: 'http://127.0.0.1:11434/v1',
    needsKey: false,
    local: true,
    alsoCalled: ['ollama_chat'],
  },
  {
    name: 'lm_studio',
    dialect: 'chat',
    baseUrl: 'http://127.0.0.1:1234/v1',
    needsKey: false,
    local: true,
    alsoCalled: ['lmstudio'],
  },
  {
    name: 'vllm',
    dialect: 'chat',
    baseUrl: 'http://127.0.0.1:8000/v1',
    needsKey: false,
    local: true,
    alsoCalled: ['hosted_vllm'],
  },
  {
    name: 'litellm_proxy',
    dialect: 'chat',
    baseUrl: 'http://127.0.0.1:4000/v1',
    needsKey: false,
    alsoCalled: ['litellm'],
  },
  { name: 'openrouter', dialect: 'chat', baseUrl: 'https://openrouter.ai/api/v1', needsKey: true },
  { name: 'deepseek', dialect: 'chat', baseUrl: 'https://api.deepseek.com/v1', needsKey: true },
  { name: 'groq', dialect: 'chat', baseUrl: 'https://api.groq.com/openai/v1', needsKey: true },
  { name: 'mistral', dialect: 'chat', baseUrl: 'https://api.mistral.ai/v1', needsKey: true },
  { name: 'xai', dialect: 'chat', baseUrl: 'https://api.x.ai/v1', needsKey: true },
  {
    name: 'together_ai',
    dialect: 'chat',
    baseUrl: 'https://api.together.xyz/v1',
    needsKey: true,
    alsoCalled: ['together'],
  },
  { name: 'fireworks_ai', dialect: 'chat', baseUrl: 'https://api.fireworks.ai/inference/v1', needsKey: true },
]

/** Providers that are known but reached only through a proxy that speaks one of the dialects. */
export const onlyThroughProxy: readonly string[] = ['azure', 'bedrock', 'vertex_ai', 'sagemaker', 'watsonx', 'cohere']

/** Hosted families whose models are known by their bare names. */
export const bareNames: readonly { readonly pattern: RegExp; readonly provider: string }[] = [
  { pattern: /^claude-/i, provider: 'anthropic' },
  { pattern: /^(gpt-|chatgpt-|codex-|o[134](-|$))/i, provider: 'openai' },
  { pattern: /^gemini-/i, provider: 'google' },
]

const byName = new Map(providers.flatMap(each => [each.name, ...(each.alsoCalled ?? [])].map(name => [name, each])))

/** The provider of this name or one of its other names, in any case. */
export function providerNamed(name: string): Provider | undefined {
  return byName.get(name.toLowerCase())
}

/** Every way of writing a provider, for suggestions. */
export const providerSpellings: readonly string[] = [...byName.keys()]
