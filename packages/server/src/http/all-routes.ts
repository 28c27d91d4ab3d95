import { conversationRoutes } from './conversation-routes.ts'
import { defaultsRoutes } from './defaults-routes.ts'
import type { Routes } from './door-parts.ts'
import { eventRoutes } from './event-routes.ts'
import { feedbackRoutes } from './feedback-routes.ts'
import { fileRoutes } from './file-routes.ts'
import { githubRoutes } from './github-routes.ts'
import { optionsRoutes } from './options-routes.ts'
import { settingsRoutes } from './settings-routes.ts'

/** Every route of the server but those that `listen` itself has. */
export const allRoutes: readonly Routes[] = [
  conversationRoutes,
  defaultsRoutes,
  eventRoutes,
  feedbackRoutes,
  fileRoutes,
  githubRoutes,
  optionsRoutes,
  settingsRoutes,
]
