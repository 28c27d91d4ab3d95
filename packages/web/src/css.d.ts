/** Style sheets that scripts import; the build puts them into files of their own. */
declare module '*.css'
