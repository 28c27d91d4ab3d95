import type { ModelError, ModelErrorKind } from './ports.ts'

/** What a page shows as the headline of a model's failure; the first is a name that OpenHands pages translate. */
const codes: Record<ModelErrorKind, string> = {
  auth: 'STATUS$ERROR_LLM_AUTHENTICATION',
  payment: 'llm_payment',
  not_found: 'llm_not_found',
  rate_limit: 'llm_rate_limit',
  overloaded: 'llm_overloaded',
  context_overflow: 'llm_context_overflow',
  bad_request: 'llm_bad_request',
  bad_response: 'llm_bad_response',
  timeout: 'llm_timeout',
  network: 'llm_network',
  configuration: 'llm_configuration',
}

/** How the log tells of a model that could not be used. */
export function modelTrouble(error: ModelError): { readonly code: string; readonly message: string } {
  return { code: codes[error.kind], message: error.message }
}
