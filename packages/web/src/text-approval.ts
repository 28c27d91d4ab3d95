import type { ActKind, RememberScope, SecurityRisk } from '@openhands/protocol'

const kinds: Record<ActKind, string> = {
  command: 'commands',
  python: 'Python code',
  page: 'page visits',
  browser: 'browser actions',
  read: 'file reads',
  change: 'file changes',
}

/** What is allowed with a kind: judged so, or milder. */
const upTo = (risk: SecurityRisk | null): string => (risk === 0 ? 'of low risk' : 'up to medium risk')

/** The texts about approvals that reach further than their action. */
export const approvalText = {
  reach: 'How far the approval reaches',
  yes: 'Approve and remember',
  options: {
    once: 'Only this time',
    exactly: 'Exactly this, in this session',
    kind: (kind: ActKind, risk: SecurityRisk | null) => `All ${kinds[kind]} ${upTo(risk)}`,
  },
  covers: {
    exactly: (kind: ActKind) =>
      kind === 'command'
        ? 'In this session you are not asked again about this command: the same to the letter, in the same folder, judged no riskier. What it uses, such as files and variables, may have changed by then.'
        : 'In this session you are not asked again about this action: the same to the letter, judged no riskier.',
    kind: (kind: ActKind, risk: SecurityRisk | null) =>
      `In this session you are not asked again about ${kinds[kind]} that the analyzer judges to be of ${risk === 0 ? 'low' : 'low or medium'} risk, whatever they do. You are asked about ${risk === 0 ? 'medium, high and unknown' : 'high and unknown'} risk.`,
  },
  keys: {
    exactly: 'Approve, and do not ask about exactly this again',
    kind: 'Approve, and do not ask about its kind again',
    forget: (count: number) =>
      count === 1 ? 'Ask again about what was allowed' : `Ask again about all ${count} things that were allowed`,
  },
  given: { exactly: 'for this session', kind: 'with its kind, for this session' } satisfies Record<
    RememberScope,
    string
  >,
  passed: 'Not asked: you allowed this at',
  list: {
    title: 'Not asked about again',
    empty: 'Nothing. When you approve an action you can choose that it, or its kind, passes from then on.',
    kinds: {
      command: 'Command',
      python: 'Python',
      page: 'Open page',
      browser: 'Use the browser',
      read: 'Read',
      change: 'Change of a file',
    } satisfies Record<ActKind, string>,
    exactly: (name: string) => `${name}, exactly this`,
    folder: (folder: string) => `in ${folder}`,
    kind: (kind: ActKind, risk: SecurityRisk | null) => `All ${kinds[kind]} ${upTo(risk)}`,
    unused: 'Does not count at present: this session asks before every action.',
    allowedAt: 'allowed at',
    forget: 'Ask again',
    forgetOne: (what: string) => `Ask again: ${what}`,
    forgetAll: 'Ask again about everything',
  },
} as const
