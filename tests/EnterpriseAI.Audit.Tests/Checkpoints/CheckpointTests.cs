using System.Text;
using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Merkle;

namespace EnterpriseAI.Audit.Tests.Checkpoints;

public sealed class CheckpointTests
{
    // The example of Go's golang.org/x/mod/sumdb/note: another implementation's key and signature.
    private const string KnownVerifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string KnownSigner = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    private const string KnownText = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    private const string KnownSignature =
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    [Test]
    public void A_note_of_another_implementation_verifies_and_is_signed_alike()
    {
        var key = LogVerifierKey.Parse(KnownVerifier);
        Assert.That(key.ToString(), Is.EqualTo(KnownVerifier));
        Assert.That(SignedNote.Open(Encoding.UTF8.GetBytes($"{KnownText}\n{KnownSignature}"), key), Is.EqualTo(KnownText));
        var signer = LogSigningKey.Parse(KnownSigner);
        Assert.That(signer.ToSecretText(), Is.EqualTo(KnownSigner));
        Assert.That(Encoding.UTF8.GetString(SignedNote.Sign(KnownText, signer)), Is.EqualTo($"{KnownText}\n{KnownSignature}"));
    }

    [Test]
    public void A_checkpoint_has_the_text_of_the_specification_and_reads_back()
    {
        var key = LogSigningKey.Generate("example.com/log");
        var checkpoint = new Checkpoint("example.com/log", 12345, MerkleHasher.Leaf([1]));
        var note = checkpoint.Sign(key);
        Assert.That(Encoding.UTF8.GetString(note), Does.StartWith($"example.com/log\n12345\n{checkpoint.Root.ToBase64()}\n\n— example.com/log "));
        Assert.That(Checkpoint.Open(note, key.Verifier), Is.EqualTo(checkpoint));
        Assert.That(Checkpoint.ReadUnverified(note), Is.EqualTo(checkpoint));
    }

    [Test]
    public void Every_flipped_bit_of_a_checkpoint_is_refused()
    {
        var key = LogSigningKey.Generate("example.com/log");
        var note = new Checkpoint("example.com/log", 12345, MerkleHasher.Leaf([1])).Sign(key);
        for (var i = 0; i < note.Length * 8; i++)
        {
            var mutated = note.ToArray();
            mutated[i / 8] ^= (byte)(1 << (i % 8));
            Assert.That(() => Checkpoint.Open(mutated, key.Verifier), Throws.TypeOf<FormatException>(), $"bit {i}");
        }
        for (var length = 0; length < note.Length; length++)
            Assert.That(() => Checkpoint.Open(note.AsSpan(0, length), key.Verifier), Throws.TypeOf<FormatException>(), $"length {length}");
    }

    [Test]
    public void A_checkpoint_of_another_key_or_another_origin_is_refused()
    {
        var key = LogSigningKey.Generate("example.com/log");
        var other = LogSigningKey.Generate("example.com/log");
        var note = new Checkpoint("example.com/log", 1, MerkleHasher.EmptyRoot).Sign(other);
        Assert.That(() => Checkpoint.Open(note, key.Verifier), Throws.TypeOf<FormatException>().With.Message.Contain("not signed by"));
        var elsewhere = new Checkpoint("example.com/else", 1, MerkleHasher.EmptyRoot).Sign(key);
        Assert.That(() => Checkpoint.Open(elsewhere, key.Verifier), Throws.TypeOf<FormatException>().With.Message.Contain("example.com/else"));
    }

    [Test]
    public void Signatures_of_unknown_keys_beside_the_known_one_are_ignored()
    {
        var key = LogSigningKey.Generate("example.com/log");
        var checkpoint = new Checkpoint("example.com/log", 1, MerkleHasher.EmptyRoot);
        var witness = Encoding.UTF8.GetString(checkpoint.Sign(LogSigningKey.Generate("witness.example"))).Split('\n')[^2];
        var note = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(checkpoint.Sign(key)) + witness + "\n");
        Assert.That(Checkpoint.Open(note, key.Verifier), Is.EqualTo(checkpoint));
    }

    [TestCase("")]
    [TestCase("name+00000000")]
    [TestCase("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [TestCase("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [TestCase("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [TestCase("PeterNeumann+c74f20a3+ApRc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    public void A_malformed_key_is_refused(string text) =>
        Assert.That(() => LogVerifierKey.Parse(text), Throws.TypeOf<FormatException>());

    [Test]
    public void The_error_about_a_malformed_signing_key_does_not_show_it()
    {
        var secret = LogSigningKey.Generate("example.com/log").ToSecretText()[..^4];
        Assert.That(() => LogSigningKey.Parse(secret), Throws.TypeOf<FormatException>().With.Message.Not.Contain(secret[^20..]));
    }

    [TestCase("a b")]
    [TestCase("a+b")]
    [TestCase("")]
    public void A_name_that_a_note_cannot_carry_makes_no_key(string name) =>
        Assert.That(() => LogSigningKey.Generate(name), Throws.TypeOf<FormatException>());
}
