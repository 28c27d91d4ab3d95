import type { Agent } from '../core/ports.ts'
import { createCodeActAgent } from './code-act-agent.ts'

const makers = { CodeActAgent: createCodeActAgent } as const

/** The names of all agents, the default one first. */
export const agentNames: readonly string[] = Object.keys(makers)

/** Makes every agent once; the function finds one by its name. */
export function createAgents(): (name: string) => Agent | undefined {
  const agents = new Map(Object.entries(makers).map(([name, make]) => [name, make()]))
  return name => agents.get(name)
}
