import { blobRoutes } from './blob-routes.ts'
import { boardRoutes } from './board-routes.ts'
import { checkpointRoutes } from './checkpoint-routes.ts'
import { contentRoutes } from './content-routes.ts'
import { conversationRoutes } from './conversation-routes.ts'
import { defaultsRoutes } from './defaults-routes.ts'
import { documentRoutes } from './document-routes.ts'
import type { Routes } from './door-parts.ts'
import { eventRoutes } from './event-routes.ts'
import { feedbackRoutes } from './feedback-routes.ts'
import { fileRoutes } from './file-routes.ts'
import { gitRoutes } from './git-routes.ts'
import { githubRoutes } from './github-routes.ts'
import { jobRoutes } from './job-routes.ts'
import { logRoutes } from './log-routes.ts'
import { logSearchRoutes } from './log-search-routes.ts'
import { modelFactsRoutes } from './model-facts-routes.ts'
import { modelTestRoutes } from './model-test-routes.ts'
import { operationRoutes } from './operation-routes.ts'
import { optionsRoutes } from './options-routes.ts'
import { outputRoutes } from './output-routes.ts'
import { pageConfigRoute } from './page-config-route.ts'
import { sandboxRoutes } from './sandbox-routes.ts'
import { securityRoutes } from './security-routes.ts'
import { serverRoutes } from './server-routes.ts'
import { settingsRoutes } from './settings-routes.ts'
import { streamRoutes } from './stream-routes.ts'
import { terminalRoutes } from './terminal-routes.ts'
import { treeRoutes } from './tree-routes.ts'

/** Every route of the server but those that `listen` itself has; the document first, because it tells of the others. */
export const allRoutes: readonly Routes[] = [
  documentRoutes,
  blobRoutes,
  boardRoutes,
  checkpointRoutes,
  contentRoutes,
  conversationRoutes,
  defaultsRoutes,
  eventRoutes,
  feedbackRoutes,
  fileRoutes,
  gitRoutes,
  githubRoutes,
  jobRoutes,
  logRoutes,
  logSearchRoutes,
  modelFactsRoutes,
  modelTestRoutes(),
  operationRoutes,
  optionsRoutes,
  outputRoutes,
  pageConfigRoute,
  sandboxRoutes,
  securityRoutes,
  serverRoutes,
  settingsRoutes,
  streamRoutes(),
  terminalRoutes,
  treeRoutes,
]
