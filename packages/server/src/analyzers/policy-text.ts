import type { SecurityRisk } from '@openhands/protocol'
import { commandRules } from './command-rules.ts'
import type { Rule } from './rule.ts'

const words = new Map<SecurityRisk, string>([
  [-1, 'unknown'],
  [0, 'low'],
  [1, 'medium'],
  [2, 'high'],
])

const head = `# The rules of the analyzer "policy". They are built in and cannot be changed here;
# from which risk on an action waits for a yes can be, under "Settings".
# Every action is judged before it runs, and the worst that is found in it decides.
# What cannot be read is of unknown risk; what is too long to be read is of high risk.

# Files: low inside the workspace; high outside of it, where keys are kept, and where other programs obey what is written.
# Addresses: low for public web pages; high for this machine, private networks and addresses with a password.
# Notebook code: medium; high where it starts programs, reaches the network or removes files.
# Commands: medium for programs that no rule knows, and else:
`

/** The rules as people read them, one a line. */
export const policyText = `${head}${commandRules.map(line).join('\n')}\n`

function line({ id, of, risk, because }: Rule): string {
  const programs = of === undefined ? 'any program' : of.join(', ')
  return `${(words.get(risk) ?? '').padEnd(7)} ${id}: ${programs} ${because.replaceAll('$', '…')}`
}
