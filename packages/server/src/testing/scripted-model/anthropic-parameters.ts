import type { IncomingHttpHeaders } from 'node:http'

/** The parameters that the Messages API takes from everybody. */
export const parameters: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'max_tokens',
  'system',
  'metadata',
  'stop_sequences',
  'stream',
  'temperature',
  'top_k',
  'top_p',
  'tools',
  'tool_choice',
  'thinking',
  'service_tier',
  'output_config',
  'cache_control',
  'container',
  'inference_geo',
])

const behindBetas: readonly (readonly [beta: string, parameter: string])[] = [
  ['context-management-', 'context_management'],
  ['compact-', 'context_management'],
  ['mcp-client-', 'mcp_servers'],
  ['fast-mode-', 'speed'],
  ['server-side-fallback-', 'fallbacks'],
  ['structured-outputs-', 'output_format'],
]

/** The betas that a request names, as one text. */
export function betaHeader(headers: IncomingHttpHeaders): string {
  return String(headers['anthropic-beta'] ?? '')
}

/** The parameters that are taken only because of the named betas. */
export function extraParameters(betas: string): ReadonlySet<string> {
  return new Set(behindBetas.filter(([beta]) => betas.includes(beta)).map(([, parameter]) => parameter))
}
