import type { Event } from '@openhands/protocol'
import type { Agent, StepDraft } from '../core/ports.ts'
import { collectAnswer } from './answer.ts'
import { draftsOf } from './drafts.ts'
import { createPromptBuilder } from './prompt-builder.ts'
import { systemPrompt } from './prompt-text.ts'
import { toolSpecs } from './tools.ts'
import { isUserMessage } from './turn.ts'

/** The agent that acts by running commands and editing files. It can serve any number of sessions at once. */
export function createCodeActAgent(): Agent {
  const buildPrompt = createPromptBuilder(systemPrompt)
  return {
    name: 'CodeActAgent',
    async step({ session, history, model, onChunk }, signal): Promise<readonly StepDraft[]> {
      if (isExit(history)) return [{ action: 'finish', source: 'agent', args: { outputs: {}, thought: '' } }]
      const messages = buildPrompt(history, model.acceptsImages)
      const answer = await collectAnswer(model.stream({ session, messages, tools: toolSpecs }, signal), onChunk)
      return draftsOf(answer, history)
    },
  }
}

/** The word with which a user ends a task without asking the model (wire A2.2). */
function isExit(history: readonly Event[]): boolean {
  const last = history.findLast(isUserMessage)
  if (!last || !('action' in last) || last.action !== 'message' || last.args.content.trim() !== '/exit') return false
  return !history.some(event => event.id > last.id && event.source === 'agent' && (event.seen ?? event.id) >= last.id)
}
