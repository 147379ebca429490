pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";

// Domain tags: the ASCII bytes of "starling/v1/<use>", read as a big-endian integer. A tag is the first input of every
// hash, so that no output of one use can be passed off as an output of another. `src/domain-tags.ts` holds the same.
function COMMITMENT_TAG() { return 0x737461726c696e672f76312f636f6d6d69746d656e74; }
function LEAF_TAG() { return 0x737461726c696e672f76312f6c656166; }
function NODE_TAG() { return 0x737461726c696e672f76312f6e6f6465; }
function NULLIFIER_TAG() { return 0x737461726c696e672f76312f6e756c6c6966696572; }

template Tagged2(TAG) {
    signal input first;
    signal input second;
    signal output out;

    out <== Poseidon(3)([TAG, first, second]);
}

template Tagged3(TAG) {
    signal input first;
    signal input second;
    signal input third;
    signal output out;

    out <== Poseidon(4)([TAG, first, second, third]);
}

// The root over `leaf` at position `index`. The depth is a constant of the circuit: were the length of the path the
// prover's choice, an inner node (or a leaf that is made like one) could stand in for a member.
// `index` has exactly DEPTH bits, the lowest choosing the side at the bottom.
template MerkleRoot(DEPTH) {
    signal input leaf;
    signal input index;
    signal input siblings[DEPTH];
    signal output root;

    signal isRight[DEPTH] <== Num2Bits(DEPTH)(index);
    signal node[DEPTH + 1];
    signal left[DEPTH];
    node[0] <== leaf;
    for (var level = 0; level < DEPTH; level++) {
        left[level] <== node[level] + isRight[level] * (siblings[level] - node[level]);
        node[level + 1] <== Tagged2(NODE_TAG())(left[level], node[level] + siblings[level] - left[level]);
    }
    root <== node[DEPTH];
}

// 0 <= k < quota < 2^BITS. LessThan is sound only on operands that have been range-checked.
template KWithinQuota(BITS) {
    signal input k;
    signal input quota;

    _ <== Num2Bits(BITS)(k);
    _ <== Num2Bits(BITS)(quota);
    signal below <== LessThan(BITS)([k, quota]);
    below === 1;
}

// "I am a member of the tree under `root`, this is my k-th request within `scope` for some k below my quota, and it is
// made for `context`."
//
// The zero leaf needs no check of its own: what is proved a member is an output of the tagged leaf hash, and an input
// that hashes to zero, the padding of the tree, would be a preimage. The same goes for inner nodes.
template KeyRequest(DEPTH, QUOTA_BITS) {
    signal input secret;
    signal input trapdoor;
    signal input quota;
    signal input k;
    signal input leafIndex;
    signal input siblings[DEPTH];
    signal input scope;
    signal input context;
    signal output root;
    signal output nullifier;

    KWithinQuota(QUOTA_BITS)(k, quota);

    signal commitment <== Tagged2(COMMITMENT_TAG())(secret, trapdoor);
    signal leaf <== Tagged2(LEAF_TAG())(commitment, quota);
    root <== MerkleRoot(DEPTH)(leaf, leafIndex, siblings);

    nullifier <== Tagged3(NULLIFIER_TAG())(secret, scope, k);

    // Nothing else mentions `context`. A constraint of its own gives it a place in the relation, whatever a proving
    // system does with public inputs that no constraint uses.
    signal contextSquared <== context * context;
}

component main {public [scope, context]} = KeyRequest(20, 16);
