import { messageOf } from '../lib/errors.ts'
import type { Routes } from './door-parts.ts'
import { type Collected, Feedback, FeedbackFolder, forward } from './feedback.ts'
import { namings, untilClosed } from './request-session.ts'
import { RouteError, read, routesWithDetails } from './route-errors.ts'

/**
 * `POST …/submit-feedback` (wire A5.8, B2): kept in the data folder, and sent on where the operator has named a collector.
 * The trajectory is the server's own, whatever the page sends.
 */
export const feedbackRoutes: Routes = (app, parts) => {
  const { manager, facts, clock, log } = parts
  const folder = new FeedbackFolder(facts.dataDir)
  routesWithDetails(app, log, scope => {
    for (const naming of namings(parts)) {
      const options = { config: naming.config, bodyLimit: 32 * 1024 * 1024 } // the page sends its trajectory along
      scope.post(`${naming.prefix}/submit-feedback`, options, async (request, reply) => {
        const id = await naming.session(request)
        const feedback = read(Feedback, request.body, 'body')
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
