import { type Answer, dataEvent, type EventStreamText } from './dialect.ts'
import type { JsonObject } from './json.ts'
import { freshId, opaqueSeal } from './memory.ts'
import type { Part } from './script.ts'

function finishReason(answer: Answer): string {
  if (answer.stop === 'length') return 'MAX_TOKENS'
  return answer.stop === 'filter' ? 'SAFETY' : 'STOP'
}

function usageOf({ usage }: Answer): JsonObject {
  return {
    promptTokenCount: usage.input,
    cachedContentTokenCount: usage.cached,
    candidatesTokenCount: usage.output - usage.reasoning,
    thoughtsTokenCount: usage.reasoning,
    totalTokenCount: usage.input + usage.output,
  }
}

function argsOf(argumentsText: string): unknown {
  try {
    return JSON.parse(argumentsText)
  } catch {
    return argumentsText
  }
}

/** The parts of a piece of the answer; calls come whole, and the first one carries the thought's signature. */
function partsOf(part: Part, signature: string | undefined): readonly JsonObject[] {
  const signed = signature === undefined ? {} : { thoughtSignature: signature }
  switch (part.type) {
    case 'text':
      return part.deltas.map((text, at) => (at === 0 ? { text, ...signed } : { text }))
    case 'thinking':
      return part.redacted ? [] : part.deltas.map(text => ({ text, thought: true }))
    case 'call': {
      const id = part.id === undefined ? {} : { id: part.id }
      return [{ functionCall: { ...id, name: part.name, args: argsOf(part.deltas.join('')) }, ...signed }]
    }
  }
}

function allParts(answer: Answer): readonly JsonObject[] {
  return answer.parts.flatMap((part, at) => {
    const before = answer.parts[at - 1]
    return partsOf(part, before?.type === 'thinking' ? opaqueSeal(answer.model) : undefined)
  })
}

function shell(answer: Answer): JsonObject {
  return { modelVersion: answer.model, responseId: freshId(''), usageMetadata: usageOf(answer) }
}

/** The answer of generateContent. */
export function googleWhole(answer: Answer): JsonObject {
  const content = { role: 'model', parts: allParts(answer) }
  return { candidates: [{ index: 0, content, finishReason: finishReason(answer) }], ...shell(answer) }
}

/** The answer of streamGenerateContent with `alt=sse`; its stream has no end mark but the finish reason. */
export function googleEvents(answer: Answer): EventStreamText {
  const rest = shell(answer)
  const chunk = (parts: readonly JsonObject[], more: JsonObject): string =>
    dataEvent({ candidates: [{ index: 0, content: { role: 'model', parts }, ...more }], ...rest })
  return {
    content: allParts(answer).map(part => chunk([part], {})),
    finish: [],
    done: [chunk([{ text: '' }], { finishReason: finishReason(answer) })],
  }
}
