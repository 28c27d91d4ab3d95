/** The scripted model in a process of its own, which notes when it was asked and when it had answered. */
import type { NormalizedRequest, RecordedRequest } from '../../src/testing/scripted-model/request.ts'
import { type Reply, text, tool } from '../../src/testing/scripted-model/script.ts'
import { startScriptedModel } from '../../src/testing/scripted-model/server.ts'
import { answerCalls } from './helper.ts'
import { now } from './now.ts'
import { planIn } from './plan.ts'

/** One request; times in milliseconds of the machine's clock. */
export interface Asked {
  readonly plan: string
  /** How often the model had answered since the user last spoke. */
  readonly turn: number
  readonly bytes: number
  readonly arrivedAt: number
  readonly answeredAt: number
}

export type ModelCalls = {
  baseUrl(): string
  /** Every request since the last time, in order. */
  take(): readonly Asked[]
  /** Resolves to the next request that is held back. */
  nextHold(): Promise<Asked>
  /** Lets everything go that is held back. */
  release(): void
  refusals(): readonly string[]
}

const SPARE = now() - performance.now()

interface Noted {
  readonly plan: string
  readonly turn: number
  readonly request: RecordedRequest | undefined
}
let noted: Noted[] = []
let held = Promise.withResolvers<Asked>()
let released = Promise.withResolvers<void>()

const model = await startScriptedModel({ script, keepBodies: 4 })

async function script(view: NormalizedRequest): Promise<Reply> {
  const plan = planIn(view.lastUserText)
  const spoken = view.messages.findLastIndex(({ role }) => role === 'user')
  const turn = view.messages.slice(spoken).filter(({ role }) => role === 'assistant').length
  const note = { plan: plan.id, turn, request: model.requests.at(-1) }
  noted.push(note)
  if (plan.holds?.includes(turn)) {
    held.resolve(asked(note))
    await released.promise
  }
  if (plan.words !== undefined) return text(Array.from({ length: plan.words }, (_, at) => `word${at} `))
  if (plan.command === undefined || turn >= (plan.steps ?? 0)) return tool('finish', { message: 'Done.' })
  return tool('execute_bash', { command: plan.command.replace('{step}', String(turn)) })
}

function asked({ plan, turn, request }: Noted): Asked {
  const at = (time: number | undefined): number => (time ?? Number.NaN) + SPARE
  return { plan, turn, bytes: request?.bytes ?? 0, arrivedAt: at(request?.arrivedAt), answeredAt: at(request?.endedAt) }
}

answerCalls({
  baseUrl: () => model.baseUrl('chat'),
  take: () => {
    const all = noted
    noted = []
    return all.map(asked)
  },
  nextHold: async () => {
    const next = await held.promise
    held = Promise.withResolvers()
    return next
  },
  release: () => {
    const { resolve } = released
    released = Promise.withResolvers()
    resolve()
  },
  refusals: () => model.refusals(),
} satisfies ModelCalls)
