import { messageOf } from '../lib/errors.ts'
import type { Routes } from './door-parts.ts'
import { Collected, Feedback, FeedbackFolder, forward } from './feedback.ts'
import { namings, schemaOf, untilClosed } from './request-session.ts'
import { RouteError, routesWithDetails } from './route-errors.ts'
import { bodyOf, contract, ErrorBody } from './route-schema.ts'

const submitting = contract({
  summary: 'Keeps what a user thinks of a conversation',
  tags: ['feedback'],
  body: Feedback,
  response: { 200: Collected, 500: ErrorBody },
})

/**
 * `POST …/submit-feedback` (wire A5.8, B2): kept in the data folder, and sent on where the operator has named a collector.
 * The trajectory is the server's own, whatever the page sends.
 */
export const feedbackRoutes: Routes = (app, parts) => {
  const { manager, facts, clock, log } = parts
  const folder = new FeedbackFolder(facts.dataDir)
  routesWithDetails(app, log, scope => {
    for (const naming of namings(parts)) {
      const schema = schemaOf(naming, submitting)
      const options = { config: naming.config, schema, bodyLimit: 32 * 1024 * 1024 } // the page sends its trajectory along
      scope.post(`${naming.prefix}/submit-feedback`, options, async (request, reply) => {
        const id = await naming.session(request)
        const feedback = bodyOf(submitting, request)
        try {
          const { stream } = await manager.open(id)
          const kept = await folder.keep(feedback, stream, clock.now())
          if (facts.feedbackUrl === undefined) return stored(kept)
          return await forward(folder.pathOf(kept), facts.feedbackUrl, untilClosed(reply))
        } catch (error) {
          log.warn('feedback could not be handed in', { session: id, error: messageOf(error) })
          throw new RouteError(500, { error: 'Failed to submit feedback' })
        }
      })
    }
  })
}

function stored(id: string): Collected {
  const message = 'Thank you. Your feedback is kept on this server and was sent nowhere.'
  return { statusCode: 200, body: { message, feedback_id: id, password: '' } }
}
