import { type Reply, thinking, tool, tools } from '../packages/server/src/testing/scripted-model/script.ts'
import { World } from '../packages/server/src/testing/world.ts'

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
  tool('execute_bash', { command: 'python3 report.py; ls nothing-here' }),
  tool('finish', { message: done }),
]
const dangerous = 'rm -rf build && git push --force origin main'

/** A server with a session that is done and one that asks, made by real runs. */
export class Scenes implements AsyncDisposable {
  readonly done: string
  readonly asks: string
  readonly #world: World

  private constructor(world: World, done: string, asks: string) {
    this.#world = world
    this.done = done
    this.asks = asks
  }

  static async start(): Promise<Scenes> {
    const world = await World.start({
      script: ({ firstUserText, turn }) => {
        if (firstUserText.includes('branch')) return tool('execute_bash', { command: dangerous })
        return steps[turn] ?? tool('finish', { message: 'That is all.' })
      },
    })
    const [done = '', asks = ''] = [
      await Scenes.#run(world, 'Make the monthly report exact, and show me the months as a table.', 'finished'),
      await Scenes.#run(world, 'Clean up the release branch.', 'awaiting_user_confirmation'),
    ]
    const settings = { llm_model: 'openai/gpt-4o' }
    const headers = { 'content-type': 'application/json' }
    const saved = await fetch(`${world.server.url}/api/settings`, {
      method: 'POST',
      headers,
      body: JSON.stringify(settings),
    })
    if (!saved.ok) throw new Error(`settings: ${saved.status} ${await saved.text()}`)
    return new Scenes(world, done, asks)
  }

  static async #run(world: World, task: string, until: string): Promise<string> {
    const client = await world.connect()
    client.start(task)
    await client.waitForState(until)
    await client.close()
    return client.session
  }

  get url(): string {
    return this.#world.server.url
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#world[Symbol.asyncDispose]()
  }
}
