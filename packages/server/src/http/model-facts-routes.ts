import { ModelFacts, type SessionSettings } from '@openhands/protocol'
import { ModelError } from '../core/ports.ts'
import { modelEndpoint } from '../lib/model-endpoint.ts'
import { present } from '../lib/present.ts'
import { conversationIn } from './conversation-info.ts'
import type { DoorParts, Routes } from './door-parts.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract, noSession, SessionPath } from './route-schema.ts'

const telling = contract({
  summary: 'What is known of the model of a conversation, such as how much it can read at once',
  tags: ['conversations'],
  params: SessionPath,
  response: { 200: ModelFacts, 404: noSession },
})

/** `…/model`: the facts of a session's model; nobody is asked, and nothing is sent anywhere. */
export const modelFactsRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    scope.get('/api/conversations/:id/model', { schema: telling }, async request => {
      const id = await conversationIn(request, parts.manager)
      const { stream } = await parts.manager.open(id)
      return await factsOf(stream.state.settings, parts)
    })
  })
}

/** Some providers are known only with a key: the stored one, where it was entered for this endpoint (S21). */
async function factsOf(own: SessionSettings, { models, settings }: DoorParts): Promise<ModelFacts> {
  const stored = await settings.load()
  const here = modelEndpoint({ model: own.model, baseUrl: own.base_url })
  const same = here === modelEndpoint({ model: stored?.llm_model, baseUrl: stored?.llm_base_url })
  const apiKey = same ? (await settings.key())?.reveal() : undefined
  try {
    const model = models.resolve(present({ model: own.model, baseUrl: own.base_url, apiKey }))
    const { name, contextTokens, acceptsImages } = model
    return { model: { name, context_tokens: Math.floor(contextTokens), accepts_images: acceptsImages } }
  } catch (error) {
    if (error instanceof ModelError) return { model: null } // the next step will say what is wrong with it
    throw error
  }
}
