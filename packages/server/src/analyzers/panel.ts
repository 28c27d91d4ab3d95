import * as z from 'zod'
import type { AnalyzerAnswer, AnalyzerQuestion, JudgedSession, JudgeRules } from '../core/ports.ts'

/** What the security panel of OpenHands' pages shows of an analyzer, and can change in it. */
export interface Panel {
  readonly session: Pick<JudgedSession, 'rules' | 'change'>
  policy(): Promise<string>
  /** Absent where the rules are not for people to change. */
  readonly usePolicy?: (policy: string) => Promise<void>
  trace(): Promise<readonly unknown[]>
}

/** Characters of a policy; it is kept in the session's log. */
const LONGEST_POLICY = 64 * 1024

const PolicyBody = z.object({
  policy: z
    .string()
    .max(LONGEST_POLICY, `a policy has at most ${LONGEST_POLICY} characters`)
    .refine(text => text.trim() !== '', 'a policy has rules; to be asked about nothing, set RISK_SEVERITY to 3'),
})
const SettingsBody = z.looseObject({ RISK_SEVERITY: z.int().min(-1).max(3) })

type Confirmation = JudgeRules['confirmation']
/** From which risk on somebody is asked (wire A5.12): 0 low, 1 medium, 2 high, 3 never; unknown risk comes before low. */
const severities: Readonly<Record<Confirmation, number>> = { always: 0, cautious: 1, risky: 2, never: 3 }
const asks: readonly Confirmation[] = ['always', 'cautious', 'risky', 'never']

type Answering = (panel: Panel, body: unknown) => Promise<AnalyzerAnswer>

const answers: ReadonlyMap<string, Answering> = new Map<string, Answering>([
  ['GET export-trace', async panel => ok(await panel.trace())],
  ['GET policy', async panel => ok({ policy: await panel.policy() })],
  ['POST policy', usePolicy],
  ['GET settings', async ({ session }) => ok({ RISK_SEVERITY: severities[session.rules().confirmation] })],
  ['POST settings', useSettings],
])

/** Answers by the last part of the path, as analyzers of OpenHands do (wire A5.12): what they know not is 405. */
export async function answerPanel({ method, path, body }: AnalyzerQuestion, panel: Panel): Promise<AnalyzerAnswer> {
  const answer = answers.get(`${method} ${path.split('/').findLast(part => part !== '') ?? ''}`)
  return answer ? await answer(panel, body) : notAllowed
}

const notAllowed: AnalyzerAnswer = { status: 405, json: { detail: 'Method Not Allowed' } }

async function usePolicy(panel: Panel, body: unknown): Promise<AnalyzerAnswer> {
  if (!panel.usePolicy) return notAllowed
  const parsed = PolicyBody.safeParse(body)
  if (!parsed.success) return wrong(parsed.error)
  await panel.usePolicy(parsed.data.policy)
  return ok({ policy: parsed.data.policy })
}

async function useSettings({ session }: Panel, body: unknown): Promise<AnalyzerAnswer> {
  const parsed = SettingsBody.safeParse(body)
  if (!parsed.success) return wrong(parsed.error)
  const confirmation = asks[Math.max(0, parsed.data.RISK_SEVERITY)]
  if (confirmation !== undefined && confirmation !== session.rules().confirmation)
    await session.change({ confirmation })
  return ok(parsed.data)
}

function ok(json: unknown): AnalyzerAnswer {
  return { status: 200, json }
}

/** In the shape of wire A5.0, without what was sent. */
function wrong({ issues }: z.ZodError): AnalyzerAnswer {
  const detail = issues.map(({ code, path, message }) => ({
    type: code,
    loc: ['body', ...path],
    msg: message,
    input: null,
  }))
  return { status: 422, json: { detail } }
}
