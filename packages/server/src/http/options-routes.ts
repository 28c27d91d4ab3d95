import * as z from 'zod'
import { bySession, type DoorFacts, type Routes } from './door-parts.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract } from './route-schema.ts'

const names = (summary: string) => ({
  ...bySession,
  schema: contract({ summary, tags: ['options'], response: { 200: z.array(z.string()) } }),
})
/** What `pageConfig` says. */
export const configuring = contract({
  summary: 'What a page has to know of the server that it came from',
  tags: ['options'],
  response: {
    200: z.object({ APP_MODE: z.literal('oss'), GITHUB_CLIENT_ID: z.string(), POSTHOG_CLIENT_KEY: z.literal('') }),
  },
})

/** What pages ask before there is a session: wire A5.1–A5.3, B2, and the way of older pages to learn the same. */
export const optionsRoutes: Routes = (app, { facts, log }) => {
  const models = sorted(facts.models)
  const agents = sorted(facts.agents)
  const analyzers = sorted(facts.analyzers)
  routesWithDetails(app, log, scope => {
    scope.get('/api/options/models', names('The models that there are'), async () => models)
    scope.get('/api/options/agents', names('The agents that there are'), async () => agents)
    scope.get('/api/options/security-analyzers', names('The security analyzers that there are'), async () => analyzers)
    scope.get('/api/options/config', { ...bySession, schema: configuring }, async () => pageConfig(facts))
  })
}

/** What a page has to know of the server that it came from; nothing of it is measured anywhere. */
export function pageConfig({ github }: Pick<DoorFacts, 'github'>): Readonly<Record<string, string>> {
  return { APP_MODE: 'oss', GITHUB_CLIENT_ID: github.clientId, POSTHOG_CLIENT_KEY: '' }
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort()
}
