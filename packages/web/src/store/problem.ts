import { RequestError } from '../api/request.ts'
import { text } from '../text.ts'

/** What went wrong in words for people, with the remedy where the server names one; undefined for nothing. */
export function problemOf(error: unknown): string | undefined {
  if (error === null || error === undefined) return undefined
  if (!(error instanceof RequestError)) return text.common.failed
  return error.remedy === undefined ? error.message : `${error.message} ${error.remedy}`
}
