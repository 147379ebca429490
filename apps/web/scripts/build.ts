import { buildIfStale } from "./build-if-stale.ts"

const { folder, built } = await buildIfStale()
console.log(built ? `built ${folder}` : `${folder} is up to date`)
