using EnterpriseAI.Audit.Merkle;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Audit.Tests.Merkle;

public sealed class MerkleTreeTests
{
    private static readonly string[] KnownInputs =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    // The roots of the first n inputs, known from the Certificate Transparency implementations.
    private static readonly string[] KnownRoots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Test]
    public void Small_trees_have_the_known_roots([Range(0, 8)] int size)
    {
        Hash256[] leaves = [.. KnownInputs.Take(size).Select(hex => MerkleHasher.Leaf(Convert.FromHexString(hex)))];
        Assert.That(MerkleTree.Root(leaves).ToString(), Is.EqualTo(KnownRoots[size]));
        Assert.That(MerkleTree.Root(size, Nodes(leaves)).ToString(), Is.EqualTo(KnownRoots[size]));
    }

    [Test]
    public void Every_size_up_to_300_has_the_root_of_the_naive_tree()
    {
        var entries = NaiveTree.Entries(300);
        Hash256[] leaves = [.. entries.Select(e => MerkleHasher.Leaf(e))];
        for (var size = 0; size <= entries.Length; size++)
            Assert.That(MerkleTree.Root(size, Nodes(leaves)).ToArray(), Is.EqualTo(NaiveTree.Root(entries[..size])), $"size {size}");
    }

    [Test]
    public void An_inclusion_proof_is_accepted_and_every_mutation_of_it_is_refused() => Prop.ForAll(
        Trees(), ((int Size, int Index, int Seed) tree) =>
        {
            var (leaves, root) = Build(tree.Size);
            var proof = MerkleTree.InclusionProof(tree.Index, tree.Size, Nodes(leaves));
            bool Verify(IReadOnlyList<Hash256> p, long index, long size, Hash256 leaf, Hash256 r) => MerkleProofVerifier.VerifyInclusion(leaf, index, size, p, r);
            return Verify(proof, tree.Index, tree.Size, leaves[tree.Index], root)
                && Mutations(proof, tree.Seed).All(mutated => !Verify(mutated, tree.Index, tree.Size, leaves[tree.Index], root))
                && !Verify(proof, tree.Index, tree.Size, Flip(leaves[tree.Index], tree.Seed), root)
                && !Verify(proof, tree.Index, tree.Size, leaves[tree.Index], Flip(root, tree.Seed))
                && !Verify(proof, tree.Index == 0 ? tree.Size : tree.Index - 1, tree.Size, leaves[tree.Index], root)
                && !Verify(proof, -1, tree.Size, leaves[tree.Index], root);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Test]
    public void A_consistency_proof_is_accepted_and_every_mutation_of_it_is_refused() => Prop.ForAll(
        Trees(), ((int Size, int Index, int Seed) tree) =>
        {
            var (leaves, root) = Build(tree.Size);
            var first = tree.Index + 1;
            var firstRoot = MerkleTree.Root(leaves.AsSpan(0, first));
            var proof = MerkleTree.ConsistencyProof(first, tree.Size, Nodes(leaves));
            bool Verify(IReadOnlyList<Hash256> p, long old, Hash256 oldRoot, Hash256 newRoot) => MerkleProofVerifier.VerifyConsistency(old, oldRoot, tree.Size, newRoot, p);
            return Verify(proof, first, firstRoot, root)
                && Mutations(proof, tree.Seed).All(mutated => !Verify(mutated, first, firstRoot, root))
                && !Verify(proof, first, Flip(firstRoot, tree.Seed), root)
                && !Verify(proof, first, firstRoot, Flip(root, tree.Seed))
                && !Verify(proof, tree.Size + 1, firstRoot, root)
                && (first == tree.Size || !Verify(proof, 0, firstRoot, root));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Test]
    public void The_empty_tree_is_consistent_with_every_tree_and_needs_no_proof()
    {
        var (leaves, root) = Build(7);
        Assert.That(MerkleTree.ConsistencyProof(0, 7, Nodes(leaves)), Is.Empty);
        Assert.That(MerkleProofVerifier.VerifyConsistency(0, MerkleHasher.EmptyRoot, 7, root, []), Is.True);
        Assert.That(MerkleProofVerifier.VerifyConsistency(0, root, 7, root, []), Is.False);
        Assert.That(MerkleProofVerifier.VerifyConsistency(7, root, 7, root, []), Is.True);
        Assert.That(MerkleProofVerifier.VerifyConsistency(7, leaves[0], 7, root, []), Is.False);
    }

    [Test]
    public void No_proof_exists_for_a_leaf_outside_the_tree()
    {
        var (leaves, _) = Build(3);
        Assert.That(() => MerkleTree.InclusionProof(3, 3, Nodes(leaves)), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => MerkleTree.ConsistencyProof(4, 3, Nodes(leaves)), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static Arbitrary<(int Size, int Index, int Seed)> Trees() =>
        (from size in Gen.Choose(1, 700)
         from index in Gen.Choose(0, size - 1)
         from seed in Gen.Choose(0, int.MaxValue - 1)
         select (size, index, seed)).ToArbitrary();

    private static (Hash256[] Leaves, Hash256 Root) Build(int size)
    {
        Hash256[] leaves = [.. NaiveTree.Entries(size).Select(e => MerkleHasher.Leaf(e))];
        return (leaves, MerkleTree.Root(leaves));
    }

    private static MerkleNodeReader Nodes(Hash256[] leaves) =>
        (level, index) => MerkleTree.Root(leaves.AsSpan((int)(index << level), 1 << level));

    // One bit of each hash, each hash left out, one added at each place, each pair of neighbours exchanged.
    private static IEnumerable<IReadOnlyList<Hash256>> Mutations(IReadOnlyList<Hash256> proof, int seed)
    {
        for (var i = 0; i < proof.Count; i++)
        {
            yield return [.. proof.Take(i), Flip(proof[i], seed), .. proof.Skip(i + 1)];
            yield return [.. proof.Take(i), .. proof.Skip(i + 1)];
            if (i > 0 && proof[i] != proof[i - 1]) yield return [.. proof.Take(i - 1), proof[i], proof[i - 1], .. proof.Skip(i + 1)];
        }
        for (var i = 0; i <= proof.Count; i++) yield return [.. proof.Take(i), default, .. proof.Skip(i)];
    }

    private static Hash256 Flip(Hash256 hash, int seed)
    {
        var bytes = hash.ToArray();
        bytes[seed % bytes.Length] ^= (byte)(1 << (seed / 32 % 8));
        return Hash256.Read(bytes);
    }
}
