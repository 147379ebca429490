import { readFileSync } from "node:fs"

import { withEdit } from "@starling/mutation"
import { afterAll, expect, test } from "vitest"
import { ATTACKS, attackNamed } from "../attacks/catalogue.ts"
import { CIRCUIT_FILE, editsOf, mutantNames, mutantOf } from "../attacks/mutants.ts"
import { openScene } from "../attacks/scene.ts"

const repository = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8")
const scene = openScene(repository(CIRCUIT_FILE))

afterAll(async () => await scene[Symbol.asyncDispose]())

test.for(ATTACKS.map(({ id, property, name }) => ({ id, property, name })))(
  "$property, $id: who $name is refused",
  async ({ id }) => {
    expect(await attackNamed(id).run(scene)).toBe("refused")
  },
)

test("each attack has a mutant, and each mutant an attack", () => {
  expect(new Set(ATTACKS.map(({ id }) => mutantOf(id)))).toEqual(new Set(mutantNames))
})

test.for(mutantNames)("the mutant %s fits the code as it is", (mutant) => {
  for (const edit of editsOf(mutant)) expect(withEdit(repository(edit.file), edit)).not.toBe(repository(edit.file))
})
