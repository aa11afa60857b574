using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EnterpriseAI.Audit.Checkpoints;

/// <summary>Ed25519 (RFC 8032) from OpenSSL's libcrypto, which .NET on Linux needs anyway; .NET itself has none.</summary>
internal static partial class Ed25519
{
    public const int SeedBytes = 32;
    public const int PublicKeyBytes = 32;
    public const int SignatureBytes = 64;

    private const string Library = "libcrypto.so.3";
    private const int KeyType = 1087; // NID_ED25519
    private const int Success = 1;

    public static byte[] PublicKey(ReadOnlySpan<byte> seed)
    {
        using var key = PrivateKey(seed);
        var publicKey = new byte[PublicKeyBytes];
        nuint length = PublicKeyBytes;
        Check(GetRawPublicKey(key, publicKey, ref length) == Success && length == PublicKeyBytes);
        return publicKey;
    }

    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        using var key = PrivateKey(seed);
        using var context = NewContext();
        var signature = new byte[SignatureBytes];
        nuint length = SignatureBytes;
        Check(!context.IsInvalid && SignInit(context, 0, 0, 0, key) == Success);
        Check(Sign(context, signature, ref length, message, (nuint)message.Length) == Success && length == SignatureBytes);
        return signature;
    }

    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != PublicKeyBytes || signature.Length != SignatureBytes) return false;
        using var key = NewRawPublicKey(KeyType, 0, publicKey, PublicKeyBytes);
        if (key.IsInvalid) return false;
        using var context = NewContext();
        Check(!context.IsInvalid && VerifyInit(context, 0, 0, 0, key) == Success);
        return Verify(context, signature, SignatureBytes, message, (nuint)message.Length) == Success;
    }

    private static KeyHandle PrivateKey(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != SeedBytes) throw new ArgumentException($"an Ed25519 seed has {SeedBytes} bytes, not {seed.Length}", nameof(seed));
        var key = NewRawPrivateKey(KeyType, 0, seed, SeedBytes);
        Check(!key.IsInvalid);
        return key;
    }

    private static void Check(bool succeeded)
    {
        if (!succeeded) throw new CryptographicException($"{Library} refused an Ed25519 operation");
    }

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    private static partial KeyHandle NewRawPrivateKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_public_key")]
    private static partial KeyHandle NewRawPublicKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    private static partial int GetRawPublicKey(KeyHandle key, Span<byte> publicKey, ref nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    private static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    private static partial ContextHandle NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSignInit")]
    private static partial int SignInit(ContextHandle context, nint keyContext, nint digest, nint engine, KeyHandle key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSign")]
    private static partial int Sign(ContextHandle context, Span<byte> signature, ref nuint signatureLength, ReadOnlySpan<byte> message, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_DigestVerifyInit")]
    private static partial int VerifyInit(ContextHandle context, nint keyContext, nint digest, nint engine, KeyHandle key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestVerify")]
    private static partial int Verify(ContextHandle context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> message, nuint length);

    internal sealed class KeyHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            FreeKey(handle);
            return true;
        }
    }

    internal sealed class ContextHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            FreeContext(handle);
            return true;
        }
    }
}
