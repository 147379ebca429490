// Runs under whatever Node the shell found: says plainly what is missing instead of failing on syntax.
const major = Number(process.versions.node.split(".")[0])
if (major < 24) {
  console.error(
    `Starling needs Node 24 and this is Node ${process.versions.node}. ` +
      "`npm ci` brings it on Linux, macOS and Windows: run that first, then `npm start` or `npm test`.",
  )
  process.exit(1)
}
