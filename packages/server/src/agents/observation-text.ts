import type { Observation } from '@openhands/protocol'
import { cleanText, cutMiddle, withoutImages } from './clean-text.ts'

/** Characters of one observation that a model is shown. */
const MAX_OBSERVATION = 30_000

/** What a model is told about an observation (wire A8.3, C7). Never empty. */
export function observationText(event: Observation): string {
  return lines(shown(textOf(event)), ...notesOn(event)) || '(no output)'
}

/** Text from outside as a model may see it: without image data and control characters, and not too long. */
export function shown(text: string): string {
  return cutMiddle(cleanText(withoutImages(text)), MAX_OBSERVATION)
}

function textOf(event: Observation): string {
  switch (event.observation) {
    case 'run': {
      const { prefix, suffix } = event.extras.metadata
      return `${prefix}${event.content}${suffix}${event.extras.interpreter_details}`.replaceAll('\r\n', '\n').trimEnd()
    }
    case 'edit':
      return event.extras.formatted_output_and_error || event.content || `The file ${event.extras.path} was edited.`
    case 'write':
      return lines(`The file ${event.extras.path} was written.`, event.content)
    case 'browse':
      return lines(`Page: ${event.extras.url}`, event.extras.last_browser_action_error, event.content)
    case 'delegate':
      return lines(event.content, outputText(event.extras.outputs.content))
    default:
      return event.content
  }
}

function lines(...parts: readonly string[]): string {
  return parts.filter(part => part.trim() !== '').join('\n')
}

function outputText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
}

function notesOn(event: Observation): readonly string[] {
  switch (event.observation) {
    case 'run': {
      const { exit_code, metadata } = event.extras
      const folder = metadata.working_dir ? [`[Current working directory: ${cleanText(metadata.working_dir)}]`] : []
      return [...folder, exit_code === -1 ? STILL_RUNNING : `[Command finished with exit code ${exit_code}]`]
    }
    case 'error':
      return ['[Error occurred in processing last action]']
    case 'user_rejected':
      return ['[Last action has been rejected by the user]']
    default:
      return []
  }
}

const STILL_RUNNING =
  '[The command is still running. Wait for more output, type into it or stop it with is_input "true".]'
