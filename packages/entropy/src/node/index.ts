export { osEntropy } from "./os.ts"
export { openPoolFile, PoolLocked } from "./pool-file.ts"
