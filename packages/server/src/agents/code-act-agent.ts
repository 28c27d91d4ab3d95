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
  let seen = -1
  for (let index = history.length - 1; index >= 0; index--) {
    const event = history[index]
    if (!event) break
    if (isUserMessage(event)) return event.id > seen && saysExit(event)
    if (event.source === 'agent') seen = Math.max(seen, event.seen ?? event.id)
    if (event.id <= seen) return false // whatever the user said before it has been answered
  }
  return false
}

function saysExit(event: Event): boolean {
  return 'action' in event && event.action === 'message' && event.args.content.trim() === '/exit'
}
