import type { Routes } from './door-parts.ts'
import { configuring, pageConfig } from './options-routes.ts'
import { plainRoutes } from './route-errors.ts'

/** What a page of 0.13.1 asks first of all, before it has any token (wire A7.1); instead of the file that it was built with. */
export const pageConfigRoute: Routes = (app, { facts }) => {
  plainRoutes(app, scope => {
    const options = { config: { open: true }, schema: configuring }
    scope.get('/config.json', options, async (_, reply) => reply.send(pageConfig(facts)))
  })
}
