/** Models that pages offer to choose from; every other name that a provider knows works as well (wire A5.1). */
export const knownModels: readonly string[] = [
  'anthropic/claude-haiku-4-5',
  'anthropic/claude-opus-4-5',
  'anthropic/claude-sonnet-4-5',
  'deepseek/deepseek-chat',
  'deepseek/deepseek-reasoner',
  'gemini/gemini-2.5-flash',
  'gemini/gemini-2.5-pro',
  'openai/gpt-4.1',
  'openai/gpt-4o',
  'openai/gpt-5',
  'openai/gpt-5-mini',
  'openai/o3',
  'replay/demo',
]
