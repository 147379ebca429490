import type { Edit } from "@starling/mutation"

export const CIRCUIT_FILE = "packages/proof/circuits/key-request.circom"

const PVS = "packages/eaas/src/validation/proof-validation-server.ts"
const AS = "packages/eaas/src/authentication/authentication-server.ts"
const BINDING = "packages/eaas/src/binding.ts"
const ISSUES = "packages/eaas/src/validation/issue-book.ts"
const SCHEMA = "packages/eaas/src/validation/schema.ts"
const JUDGE = "packages/eaas/src/validation/judge-epoch.ts"
const CLIENT = "packages/eaas/src/client/entropy-client.ts"
const OPEN_EPOCH = "packages/eaas/src/client/open-epoch.ts"
const ENCODING = "packages/proof/src/proof-encoding.ts"
const EQUATION = "packages/proof/src/pairing-equation.ts"
const STATEMENT = "packages/proof/src/statement.ts"
const VERIFY = "packages/proof/src/verify.ts"
const ADMISSION = "packages/eaas/src/validation/admission.ts"
const SEALED_KEY = "packages/eaas/src/sealed-key.ts"
const MIX = "packages/entropy/src/mix.ts"

const circuit = (from: string, to: string): readonly Edit[] => [{ file: CIRCUIT_FILE, from, to }]

/** By the id of the attack that each lets succeed. */
const MUTANTS: Readonly<Record<string, readonly Edit[]>> = {
  "wire secret": circuit(
    "Tagged2(COMMITMENT_TAG())(secret, trapdoor)",
    "Tagged2(COMMITMENT_TAG())(trapdoor, trapdoor)",
  ),
  "wire trapdoor": circuit("Tagged2(COMMITMENT_TAG())(secret, trapdoor)", "Tagged2(COMMITMENT_TAG())(secret, secret)"),
  "wire quota": circuit("Tagged2(LEAF_TAG())(commitment, quota)", "Tagged2(LEAF_TAG())(commitment, commitment)"),
  "wire leafIndex": circuit(
    "signal isRight[DEPTH] <== Num2Bits(DEPTH)(index);",
    `signal isRight[DEPTH];
    for (var i = 0; i < DEPTH; i++) {
        isRight[i] <-- (index >> i) & 1;
        isRight[i] * (isRight[i] - 1) === 0;
    }`,
  ),
  "wire siblings": circuit("(left[level], node[level] + siblings[level] - left[level])", "(node[level], node[level])"),
  "wire k": circuit("LessThan(BITS)([k, quota])", "LessThan(BITS)([k, quota + 1])"),
  "A9 ranges": circuit("    _ <== Num2Bits(BITS)(quota);\n", ""),
  "wire scope": circuit("(secret, scope, k)", "(secret, secret, k)"),
  "wire context": circuit("    signal contextSquared <== context * context;\n", ""),
  "wire nullifier": circuit(
    "    nullifier <== Tagged3(NULLIFIER_TAG())(secret, scope, k);\n",
    "    signal spent <== Tagged3(NULLIFIER_TAG())(secret, scope, k);\n    nullifier <-- spent;\n",
  ),
  "wire root": circuit(
    "    root <== MerkleRoot(DEPTH)(leaf, leafIndex, siblings);\n",
    "    signal above <== MerkleRoot(DEPTH)(leaf, leafIndex, siblings);\n    root <-- above;\n",
  ),
  "every other wire": circuit("left[level] <== node[level]", "left[level] <-- node[level]"),

  "A2 coordinates": [{ file: ENCODING, from: "coordinates.every((coordinate) => coordinate < Fp.ORDER)", to: "true" }],
  A3: [
    {
      file: EQUATION,
      from: '  if (!inputs.every(isFieldElement)) return malformed("a public input is not below r")\n',
      to: "",
    },
  ],
  A5: [{ file: EQUATION, from: "return Fp12.eql(Fp12.finalExponentiate(product), Fp12.ONE)", to: "return true" }],
  A8: [{ file: ENCODING, from: "result.isTorsionFree() ?", to: "result.x !== undefined ?" }],
  "A12 infinity": [
    { file: ENCODING, from: '  if (x === 0n && y === 0n) return malformed("a point at infinity")\n', to: "" },
  ],
  "A12 length": [
    {
      file: ENCODING,
      from: "  if (bytes.length !== PROOF_BYTES) return",
      to: "  if (bytes.length < PROOF_BYTES) return",
    },
  ],
  "faults that cancel out": [
    { file: VERIFY, from: "return integerOf(bytes) | 1n", to: "return integerOf(bytes) * 0n + 1n" },
  ],
  "bad proof in a batch": [{ file: VERIFY, from: "    else halve(group)\n", to: "" }],

  A1: [
    {
      file: "packages/proof/src/domain-tags.ts",
      from: 'leaf: tag("starling/v1/leaf")',
      to: 'leaf: tag("starling/v1/node")',
    },
    {
      file: STATEMENT,
      from: '  if (siblings.length !== TREE_DEPTH) throw new ProofImpossible("wrong-path-length")\n',
      to: "",
    },
    {
      file: "packages/proof/src/merkle-tree.ts",
      from: "  if (siblings.length !== TREE_DEPTH) throw new RangeError(`a path has ${TREE_DEPTH} siblings, got ${siblings.length}`)\n",
      to: "",
    },
  ],
  A2: [
    {
      file: "packages/proof/src/field-element.ts",
      from: 'return isFieldElement(value) ? ok(value) : malformed("not less than r")',
      to: "return ok(value as FieldElement)",
    },
  ],
  A4: [
    {
      file: PVS,
      from: "import { Admission }",
      to: 'import { FieldElement } from "@starling/proof"\nimport { Admission }',
    },
    {
      file: PVS,
      from: "nullifier: request.nullifier, context }\n    // Of requests",
      to: "nullifier: FieldElement.fromDigest(digest(request.proof)), context }\n    // Of requests",
    },
    {
      file: PVS,
      from: "const { nullifier, context } = spender",
      to: "const { nullifier } = request\n    const { context } = spender",
    },
  ],
  "A5 KEM key": [{ file: BINDING, from: "          .fixed(binding.kemPublicKey),\n", to: "," }],
  "A5 key size": [{ file: BINDING, from: "          .uint16(binding.keySize)\n", to: "" }],
  "A5 Local Provider": [{ file: BINDING, from: "          .fixed(binding.localProvider)\n", to: "" }],
  A6: [{ file: PVS, from: '    if (verdict.kind === "invalid") return refused("bad-proof")\n', to: "" }],
  "A7 root zero": [{ file: JUDGE, from: "tree.root !== statement.root || statement.root === 0n", to: "false" }],
  "A7 empty tree": [{ file: JUDGE, from: '  if (leaves.value.length === 0) return "empty-set"\n', to: "" }],
  A9: [
    {
      file: STATEMENT,
      from: '  if (!Number.isInteger(k) || k < 0 || k >= quota) throw new ProofImpossible("k-not-below-quota")\n',
      to: "",
    },
  ],
  A10: [
    {
      file: "packages/proof/src/hashes.ts",
      from: "DOMAIN_TAGS.leaf, commitment, BigInt(quota)",
      to: "DOMAIN_TAGS.leaf, commitment, BigInt(quota) * 0n",
    },
  ],
  A11: rightPerRequest(),
  "double spend in parallel": lastOneWins(),
  "double spend at two servers": lastOneWins(),
  "double spend over a restart": [
    {
      file: PVS,
      from: "    const epochs = new EpochBook(ports.database)\n",
      to: '    await ports.database.query("delete from issues")\n    const epochs = new EpochBook(ports.database)\n',
    },
  ],
  "double spend over a backup": [
    {
      file: PVS,
      from: '    if (sealed.opensAt < this.#completeFrom) return { kind: "turned-away", reason: "epoch-closed" }\n',
      to: "",
    },
  ],
  "second statement over a backup": [
    { file: JUDGE, from: '  if (statement.opensAt < completeFrom) return "not-next"\n', to: "" },
  ],
  "key before its nullifier": [
    {
      file: PVS,
      from: 'const issued = await this.#issues.issue(spender, encodeKeyResponse({ kind: "answered", ...answer, signature }))',
      to:
        'const leaving = encodeKeyResponse({ kind: "answered", ...answer, signature })\n' +
        "    void this.#issues.issue(spender, leaving).catch(() => {})\n" +
        '    const issued = { kind: "same-request", answer: leaving } as { kind: "issued"; answer: Bytes } | { kind: "other-request" }',
    },
  ],
  "epoch that is over": [
    {
      file: PVS,
      from: "if (this.#ports.clock.now() > sealed.closesAt + EPOCH_GRACE)",
      to: "if (sealed.closesAt < EPOCH_GRACE)",
    },
  ],
  "epoch relabelled": [
    {
      file: BINDING,
      from: 'writeHead(w, "scope").fixed(service).uint32(epoch)',
      to: 'writeHead(w, "scope").fixed(service).uint32(epoch * 0)',
    },
    {
      file: BINDING,
      from: "          .uint32(binding.epoch)\n          .uint16(binding.revision)\n          .fixed(binding.nonce)\n",
      to: "",
    },
  ],
  "revoked member": [
    { file: PVS, from: '    if (newest?.revision !== request.revision) return refused("superseded")\n', to: "" },
  ],
  "second leaf": [
    {
      file: "packages/eaas/src/authentication/user-register.ts",
      from: '  if (!column.isNull(user, "commitment")) return refused("already-registered")\n',
      to: "",
    },
  ],
  "free position as a member": [
    {
      file: "packages/proof/src/merkle-tree.ts",
      from: 'import { nodeOf } from "./hashes.ts"',
      to: 'import { commitmentOf, leafOf, nodeOf } from "./hashes.ts"',
    },
    {
      file: "packages/proof/src/merkle-tree.ts",
      from: "const EMPTY_LEAF = FieldElement.of(0n)",
      to: "const EMPTY_LEAF = leafOf(commitmentOf(FieldElement.of(0n), FieldElement.of(0n)), 65_535)",
    },
  ],
  "leaf replaced within an epoch": [
    {
      file: "packages/eaas/src/authentication/user-register.ts",
      from: "certificate_until = null, active_from = greatest(active_from, $2)",
      to: "certificate_until = null, active_from = greatest(active_from, $2::integer * 0)",
    },
  ],
  "development key in production": [
    {
      file: "apps/eaas/src/roles/production.ts",
      from: '{ "the proving key is a development key": provingKeyIsDevelopment, ...provisional }',
      to: "{ ...(provingKeyIsDevelopment && provisional) }",
    },
  ],
  "other keys, to a client": [
    {
      file: OPEN_EPOCH,
      from: '  if (!equalBytes(sealed.circuit, circuitBytes())) throw new EntropyClientError("other-circuit")\n',
      to: "",
    },
  ],
  "foreign proving key": [
    {
      file: "packages/proof/src/node/load-artifacts.ts",
      from: '.digest("hex") !== pinned',
      to: '.digest("hex") === ""',
    },
  ],
  "other circuit": [
    { file: JUDGE, from: '  if (!equalBytes(statement.circuit, circuitBytes())) return "other-circuit"\n', to: "" },
  ],
  "epoch of a stranger": [
    {
      file: PVS,
      from: '    if (!isSignedBy(this.#ports.authenticationKey, signed, authenticationSignature)) return refused("bad-signature")\n',
      to: "",
    },
  ],

  "requests by their shape": [
    {
      file: "packages/eaas/src/frames/key-request.ts",
      from: "writeField(w, request.nullifier).fixed(request.kemPublicKey)",
      to: "writeField(w, request.nullifier).fixed(new Uint8Array(Number(request.nullifier & 255n))).fixed(request.kemPublicKey)",
    },
  ],
  "exchanges by their shape": [
    {
      file: "packages/eaas/src/client/http.ts",
      from: '"content-type": "application/octet-stream"',
      to: '"content-type": "application/octet-stream", "x-request-id": String(Math.random())',
    },
  ],
  "two requests of one user": [
    {
      file: CLIENT,
      from: 'const kemSeed = random.draw(KEM_SEED_BYTES, "key encapsulation key")',
      to: "const kemSeed = new Uint8Array(32).fill(Number(current.trapdoor & 255n))",
    },
  ],
  "requests of one user in two epochs": [
    {
      file: BINDING,
      from: 'writeHead(w, "scope").fixed(service).uint32(epoch)',
      to: 'writeHead(w, "scope").fixed(service).uint32(epoch * 0)',
    },
  ],
  "order of the leaves": [
    {
      file: "packages/eaas/src/authentication/user-register.ts",
      from: "      .toSorted((a, b) => (a < b ? -1 : 1))\n",
      to: "",
    },
  ],
  // Whoever registers is let in at once, so that registration and first request fall into one hour.
  "AS and PVS join everything": [
    {
      file: AS,
      from: "this.#policy.sealOnRegistration ? 0 : await this.#nextEpoch()",
      to: "0",
    },
    { file: AS, from: "if (this.#policy.sealOnRegistration) await", to: "await" },
  ],
  "times that are kept": [
    {
      file: SCHEMA,
      from: "answer bytea not null,\n",
      to: "answer bytea not null,\n         at timestamptz not null default now(),\n",
    },
  ],
  "counts by the second": [
    { file: "apps/eaas/src/operations/by-the-minute.ts", from: "const MINUTE = 60_000", to: "const MINUTE = 1_000" },
  ],
  "two lists for one epoch, to two people": [
    {
      file: "packages/eaas/src/client/root-witness.ts",
      from: "if (other !== undefined && compareSeals(sealed, other) === 0) return",
      to: "if (other === sealed) return",
    },
  ],
  "two lists for one epoch, from the PVS": [
    {
      file: "packages/eaas/src/validation/epoch-book.ts",
      from: 'return equalBytes(encodeEpochStatement(kept), bytes) ? undefined : "not-next"',
      to: "return undefined",
    },
  ],
  "two lists for one epoch, to a client": [
    {
      file: OPEN_EPOCH,
      from: "  return !equalBytes(seenOf(sealed).statement, seen.statement)\n",
      to: "  return false\n",
    },
  ],
  "list of the AS alone": [
    {
      file: OPEN_EPOCH,
      from: " &&\n    isSignedBy(platform.validation.publicKey, signed, sealed.validationSignature)",
      to: "",
    },
  ],
  "small set": [
    { file: CLIENT, from: '    if (sealed.size < minimumSet) throw new EntropyClientError("set-too-small")\n', to: "" },
  ],

  "forged answer": [
    {
      file: CLIENT,
      from: "const genuine = isSignedBy(platform.validation.publicKey, encodeAnswerStatement(expected), signature)",
      to: "const genuine = encodeAnswerStatement(expected).length > signature.length",
    },
  ],
  "answer of another user": anyAnswerOfThePvs(),
  "old answer": anyAnswerOfThePvs(),
  "forged refusal": [
    {
      file: CLIENT,
      from: "isSignedBy(platform.validation.publicKey, encodeRefusalStatement(refusal), signature)",
      to: "encodeRefusalStatement(refusal).length > signature.length",
    },
  ],
  "refusal of another request": [
    {
      file: "packages/eaas/src/frames/key-response.ts",
      from: ".fixed(refusal.request)",
      to: ".fixed(new Uint8Array(32))",
    },
  ],
  "dropped answer": [
    {
      file: PVS,
      from: 'if (spending.kind === "same-request") return { kind: "repeated", answer: spending.answer }',
      to: 'if (spending.kind === "same-request") return refused("nullifier-used")',
    },
  ],
  "X25519 broken": halfOfXWing("X25519"),
  "ML-KEM broken": halfOfXWing("ML-KEM"),
  "ML-KEM half replaced": halfOfXWing("X25519"),
  "X25519 half replaced": halfOfXWing("ML-KEM"),
  "PVS that knows the key": [{ file: MIX, from: "const salt = os(OS_BYTES)", to: "const salt = os(OS_BYTES).fill(0)" }],
  "operating system that is known": [{ file: MIX, from: "concat(eaas, context)", to: "concat(context)" }],
  "secrets in what is said": [
    {
      file: "apps/eaas/src/roles/single.ts",
      from: 'log("local provider", { id: toHex(localProviderIdOf(key.publicKey)) })',
      to: 'log("local provider", { id: process.getBuiltinModule("node:fs").readFileSync(join(command.data, "keys", "lp.key"), "utf8") })',
    },
  ],
  "logs that join": [
    {
      file: "apps/eaas/src/roles/single.ts",
      from: "const counts = new ByTheMinute(Date.now)\n",
      to: 'const counts = new ByTheMinute(() => (log("request", {}), Date.now()))\n',
    },
  ],
  "key at rest": [
    {
      file: "packages/eaas/src/sealed-key.ts",
      from: "const cipher = chacha20poly1305(key, material.slice(32), bound)",
      to:
        "const cipher = {\n" +
        "    encrypt: (plain: Uint8Array) => new Uint8Array([...plain, ...chacha20poly1305(key, material.slice(32), bound).encrypt(plain).slice(-16)]),\n" +
        "    decrypt: (sealed: Uint8Array) => sealed.slice(0, -16),\n" +
        "  }",
    },
  ],
  "failed source": [
    {
      file: PVS,
      from: "    if (error instanceof SourceFailed) return undefined\n",
      to: "    if (error instanceof SourceFailed) return new Uint8Array(length)\n",
    },
  ],

  "verification for nothing": [
    {
      file: PVS,
      from: "    const spending = await this.#issues.look(spender)\n",
      to:
        "    const asked = { root: sealed.root, nullifier: spender.nullifier, scope: scopeOf(this.#ports.service, request.epoch), context: spender.context }\n" +
        "    await this.#ports.verifier.verify(asked, request.proof, signal)\n" +
        "    const spending = await this.#issues.look(spender)\n",
    },
  ],
  "many retries at once": nobodyWaits(),
  "more than fits": [
    { file: ADMISSION, from: "return this.#total >= this.#capacity", to: "return this.#total < 0" },
    { file: ADMISSION, from: "own >= this.#share", to: "own < 0" },
  ],
  "flood through one Local Provider": [{ file: ADMISSION, from: "Math.ceil(capacity / 2)", to: "capacity" }],
  "bad proof for another's right": [
    {
      file: PVS,
      from: '    if (verdict.kind === "invalid") return refused("bad-proof")\n',
      to: '    if (verdict.kind === "invalid") {\n      await this.#issues.issue({ ...spender, context: spender.nullifier }, new Uint8Array(1))\n      return refused("bad-proof")\n    }\n',
    },
  ],
  "KEM key that is none": [
    {
      file: "packages/eaas/src/sealed-key.ts",
      from: "    return xWing.encapsulate(publicKey, randomness)\n  } catch {\n    return undefined\n",
      to: "    return xWing.encapsulate(publicKey, randomness)\n  } catch (error) {\n    throw error\n",
    },
  ],
  "bytes too many": [
    {
      file: "packages/wire/src/reader.ts",
      from: "return reader.left === 0 ? ok(value)",
      to: "return reader.left >= 0 ? ok(value)",
    },
  ],
  "body too large": [{ file: "apps/eaas/src/http/frames.ts", from: "maxSize: max,", to: "maxSize: max * 2 ** 20," }],
}

/** Attacks that one fault lets succeed are tried together: those on each sibling share theirs. */
export function mutantOf(attackId: string): string {
  return attackId.replace(/\[\d+\]$/, "")
}

export function editsOf(mutant: string): readonly Edit[] {
  const edits = MUTANTS[mutant]
  if (edits === undefined) throw new RangeError(`no mutant ${mutant}`)
  return edits
}

export const mutantNames: readonly string[] = Object.keys(MUTANTS)

/** True where the fault is in the circuit, which has to be compiled with it. */
export function isOfCircuit(mutant: string): boolean {
  return MUTANTS[mutant]?.some(({ file }) => file === CIRCUIT_FILE) ?? false
}

/** A client asks whether the PVS signed an answer, and not whether it did so for this request. */
function anyAnswerOfThePvs(): readonly Edit[] {
  return [
    {
      file: CLIENT,
      from: "const genuine = isSignedBy(platform.validation.publicKey, encodeAnswerStatement(expected), signature)",
      to: "const genuine = isSignedBy(platform.validation.publicKey, encodeAnswerStatement(answer), signature)",
    },
    {
      file: CLIENT,
      from: 'if (key.kind === "malformed" || key.value.length !== pending.keySize) throw new EntropyClientError("bad-answer")',
      to: 'if (key.kind === "malformed") throw new EntropyClientError("damaged-journal")',
    },
  ]
}

/** X-Wing with one of its halves alone: the shared secret is that of ML-KEM or of X25519. */
function halfOfXWing(half: "ML-KEM" | "X25519"): readonly Edit[] {
  const [mlKem, ofX25519] = [
    [
      "ml_kem768.encapsulate(pk.slice(0, 1184), r.slice(0, 32)).sharedSecret",
      "x25519.getSharedSecret(r.slice(32), pk.slice(1184))",
    ],
    [
      "ml_kem768.decapsulate(ct.slice(0, 1088), ml_kem768.keygen(secrets(seed).slice(0, 64)).secretKey)",
      "x25519.getSharedSecret(secrets(seed).slice(64), ct.slice(1088))",
    ],
  ].map((pair) => pair[half === "ML-KEM" ? 0 : 1] ?? "") as [string, string]
  return [
    {
      file: SEALED_KEY,
      from: 'import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js"\n',
      to:
        'import { x25519 } from "@noble/curves/ed25519.js"\n' +
        'import { shake256 } from "@noble/hashes/sha3.js"\n' +
        'import { ml_kem768_x25519 as hybrid } from "@noble/post-quantum/hybrid.js"\n' +
        'import { ml_kem768 } from "@noble/post-quantum/ml-kem.js"\n' +
        "const secrets = (seed: Uint8Array) => shake256(seed, { dkLen: 96 })\n" +
        "const xWing = {\n" +
        "  ...hybrid,\n" +
        `  encapsulate: (pk: Uint8Array, r: Uint8Array) => ({ ...hybrid.encapsulate(pk, r), sharedSecret: ${mlKem} }),\n` +
        `  decapsulate: (ct: Uint8Array, seed: Uint8Array) => ${ofX25519},\n` +
        "}\n" +
        "void [x25519, ml_kem768]\n",
    },
  ]
}

/** A nullifier is spent for each context anew. */
function rightPerRequest(): readonly Edit[] {
  return [
    { file: SCHEMA, from: "primary key (epoch, nullifier)", to: "primary key (epoch, nullifier, context)" },
    { file: ISSUES, from: "on conflict (epoch, nullifier)", to: "on conflict (epoch, nullifier, context)" },
    {
      file: ISSUES,
      from: 'where epoch = $1 and nullifier = $2", [',
      to: 'where epoch = $1 and nullifier = $2 and context = $3", [\n    ...[],',
    },
    {
      file: ISSUES,
      from: "    FieldElement.toBytes(spender.nullifier),\n  ])",
      to: "    FieldElement.toBytes(spender.nullifier),\n    FieldElement.toBytes(spender.context),\n  ])",
    },
  ]
}

/** Who spends a right while another does replaces the other's row, and requests don't wait for each other. */
function lastOneWins(): readonly Edit[] {
  return [
    { file: ISSUES, from: "do nothing returning epoch", to: "do update set answer = excluded.answer returning epoch" },
    ...nobodyWaits(),
  ]
}

/** Requests that spend one right are judged side by side. */
function nobodyWaits(): readonly Edit[] {
  return [
    {
      file: PVS,
      from: "return await this.#spending.run(right, async () => await this.#spend(request, sealed, spender, signal))",
      to: 'return right === "" ? await this.#spending.run(right, async () => await this.#spend(request, sealed, spender, signal)) : await this.#spend(request, sealed, spender, signal)',
    },
  ]
}
