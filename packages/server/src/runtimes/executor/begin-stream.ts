import type { Call } from './calls.ts'

/** Tells the server that a request which streams has been taken up, with what is known beforehand; bytes may follow. */
export async function beginStream({ output, signal }: Call, facts: Readonly<Record<string, unknown>>): Promise<void> {
  await output.deliver(Buffer.from(`${JSON.stringify(facts)}\n`), signal)
}
