import { newGate } from '../packages/server/src/testing/scripted-model/gate.ts'
import {
  gate,
  http,
  joined,
  type Reply,
  thinking,
  tool,
  tools,
} from '../packages/server/src/testing/scripted-model/script.ts'
import { ServerProcess, temporaryFolder } from '../packages/server/src/testing/server-process.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { chart } from './chart.ts'
import type { Shown } from './views.ts'

const FILE = '/workspace/report.py'
const csv = `python3 - <<'END'
import csv, os
os.makedirs('data', exist_ok=True)
with open('data/orders.csv', 'w') as out:
    rows = csv.writer(out)
    rows.writerow(['date', 'customer', 'amount'])
    for i in range(200):
        rows.writerow([f'2026-{i % 2 + 1:02}-{i % 28 + 1:02}', ['Ada', 'Grace', 'Linus'][i % 3], f'{i * 7 % 90}.{i % 100:02}'])
print('data/orders.csv: 200 orders')
END`
const before = `import csv

def total(rows):
    return sum(float(row['amount']) for row in rows)

rows = list(csv.DictReader(open('data/orders.csv')))
for month in sorted({row['date'][:7] for row in rows}):
    print(month, total([row for row in rows if row['date'].startswith(month)]))
`
const page = `<!doctype html>
<meta charset="utf-8">
<title>Monthly report</title>
<link rel="icon" href="data:,">
<style>
  body { font: 20px/1.6 sans-serif; margin: 3rem; color: #1d2321 }
  table { border-collapse: collapse } th, td { border-bottom: 1px solid #ccc; padding: .4rem 2rem .4rem 0; text-align: left }
</style>
<h1>Monthly report</h1>
<table><tr><th>Month<th>Orders<th>Sum<tr><td>2026-01<td>100<td>4,369.00<tr><td>2026-02<td>100<td>4,440.00</table>
`
const plan = `I look at the data first, then I make **\`report.py\`** and run it:

1. look at the columns
2. sum the months with \`Decimal\`: floats would round
3. print a table per month`
const done = `The report is **exact** now.

| month | orders | sum |
|---|---:|---:|
| 2026-01 | 100 | 4,369.00 |
| 2026-02 | 100 | 4,440.00 |

\`\`\`sh
python3 report.py
\`\`\``

const edit = (args: Readonly<Record<string, unknown>>): Reply => tool('str_replace_editor', { path: FILE, ...args })

const steps: readonly Reply[] = [
  thinking(
    'Amounts of money are decimals. I should look at the columns before I write anything.',
    tools([{ name: 'execute_bash', args: { command: csv } }], { text: plan }),
  ),
  edit({ command: 'create', file_text: before }),
  tool('execute_bash', { command: 'python3 report.py --month' }),
  edit({
    command: 'str_replace',
    old_str: "    return sum(float(row['amount']) for row in rows)\n",
    new_str:
      '    """The sum of all orders, to the cent."""\n    return sum(Decimal(row[\'amount\']) for row in rows)\n',
  }),
  edit({ command: 'str_replace', old_str: 'import csv\n', new_str: 'import csv\nfrom decimal import Decimal\n' }),
  edit({ command: 'create', path: '/workspace/chart.py', file_text: chart }),
  tool('execute_ipython_cell', {
    code: "from chart import Bars\nsums = {'2026-01': 4369.00, '2026-02': 4440.00}\nprint(sums)\nBars(list(sums.values()))",
  }),
  edit({ command: 'create', path: '/workspace/index.html', file_text: page }),
  tool('execute_bash', { command: 'python3 -m http.server 8000 >/dev/null 2>&1 &' }),
  tool('browser', { code: 'goto("http://localhost:8000/")' }),
  tool('execute_bash', { command: 'python3 report.py; ls nothing-here' }),
  tool('finish', { message: done }),
]
const goals = [
  'Look at the orders',
  'Write report.py',
  'Sum with Decimal',
  'Show it as a page and a chart',
  'Run it once more',
]
/** How many of the goals are done, by the answer that says so. */
const reached: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 1],
  [3, 2],
  [5, 3],
  [10, 4],
  [11, 5],
])

function planAt(turn: number): readonly Reply[] {
  const done = reached.get(turn)
  if (done === undefined) return []
  const items = goals.map((text, at) => ({ text, state: at < done ? 'done' : at === done ? 'doing' : 'open' }))
  return [tool('plan', { items })]
}

const dangerous = 'rm -rf build && git push --force origin main'

/** Servers with sessions in every state, made by real runs: one that is done, one that asks, one that works and one that failed. */
export class Scenes implements AsyncDisposable {
  readonly shown: Shown
  readonly #stack: AsyncDisposableStack

  private constructor(shown: Shown, stack: AsyncDisposableStack) {
    this.shown = shown
    this.#stack = stack
  }

  /** `all` starts those as well that are in no picture of the documents. */
  static async start({ all = false }: { readonly all?: boolean } = {}): Promise<Scenes> {
    await using stack = new AsyncDisposableStack()
    const held = newGate()
    const world = await World.start({
      script: ({ firstUserText, turn }) => {
        if (firstUserText.includes('branch')) return tool('execute_bash', { command: dangerous })
        if (firstUserText.includes('think')) return gate(held, tool('finish', { message: 'Thought.' }))
        if (firstUserText.includes('fail')) return http(401, {}, { error: { message: 'Incorrect API key provided.' } })
        return steps[turn] ? joined([...planAt(turn), steps[turn]]) : tool('finish', { message: 'That is all.' })
      },
    })
    stack.use(world)
    stack.defer(() => held.open())
    const others = all ? await Scenes.#others(world, stack) : undefined
    const done = await run(world, 'Make the monthly report exact, and show me the months as a table.', 'finished')
    const asks = await run(world, 'Clean up the release branch.', 'awaiting_user_confirmation')
    await store(world.server.url, { llm_model: 'openai/gpt-4o' })
    const { url } = world.server
    const shown = { fresh: url, guarded: url, idle: done, works: done, failed: done, ...others, url, done, asks }
    return new Scenes(shown, stack.move())
  }

  static async #others(world: World, stack: AsyncDisposableStack): Promise<Omit<Shown, 'url' | 'done' | 'asks'>> {
    const server = async (args: readonly string[]): Promise<string> => {
      const folder = stack.use(await temporaryFolder())
      return stack.use(await ServerProcess.start({ dataDir: folder.path, args })).url
    }
    const [fresh, guarded, idle, works, failed] = await Promise.all([
      server([]),
      server(['--token-required']),
      opened(world),
      run(world, 'Take your time to think.', 'running'),
      run(world, 'This will fail.', 'paused'),
    ])
    return { fresh, guarded, idle, works, failed }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** A session that was given no task. */
async function opened(world: World): Promise<string> {
  const client = await world.connect()
  await client.close()
  return client.session
}

/** Runs a task until it stands so; resolves to its session. */
async function run(world: World, task: string, until: string): Promise<string> {
  const client = await world.connect()
  client.start(task)
  await client.waitForState(until)
  await client.close()
  return client.session
}

async function store(url: string, settings: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const saved = await fetch(`${url}/api/settings`, { method: 'POST', headers, body: JSON.stringify(settings) })
  if (!saved.ok) throw new Error(`settings: ${saved.status} ${await saved.text()}`)
}
