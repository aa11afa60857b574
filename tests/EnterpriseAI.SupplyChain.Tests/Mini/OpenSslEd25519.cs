using System.Runtime.InteropServices;

namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>The half of Ed25519 that the library does not need: signing.</summary>
internal static partial class OpenSslEd25519
{
    private const string Library = "libcrypto.so.3";
    private const int KeyType = 1087;

    public static byte[] PublicKey(ReadOnlySpan<byte> seed)
    {
        var key = NewKey(KeyType, 0, seed, (nuint)seed.Length);
        var publicKey = new byte[32];
        nuint length = 32;
        Check(GetPublicKey(key, publicKey, ref length));
        FreeKey(key);
        return publicKey;
    }

    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        var key = NewKey(KeyType, 0, seed, (nuint)seed.Length);
        var context = NewContext();
        var signature = new byte[64];
        nuint length = 64;
        Check(SignInit(context, 0, 0, 0, key));
        Check(Sign(context, signature, ref length, message, (nuint)message.Length));
        FreeContext(context);
        FreeKey(key);
        return signature;
    }

    private static void Check(int result)
    {
        if (result != 1)
            throw new InvalidOperationException("OpenSSL cannot sign with Ed25519");
    }

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    private static partial nint NewKey(int type, nint engine, ReadOnlySpan<byte> seed, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    private static partial int GetPublicKey(nint key, Span<byte> publicKey, ref nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    private static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    private static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSignInit")]
    private static partial int SignInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSign")]
    private static partial int Sign(nint context, Span<byte> signature, ref nuint signatureLength, ReadOnlySpan<byte> message, nuint length);
}
