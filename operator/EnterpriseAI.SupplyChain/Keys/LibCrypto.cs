using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>What .NET lacks of OpenSSL's libcrypto: Ed25519 (RFC 8032) and BLAKE2b (RFC 7693).</summary>
/// <remarks>
/// Fails closed: without the library nothing of either kind verifies, and the error says what to install. .NET's own
/// cryptography on Linux needs the same library, so it is missing only where there is another version.
/// </remarks>
internal sealed unsafe class LibCrypto
{
    public const int Ed25519KeyBytes = 32;
    public const int Ed25519SignatureBytes = 64;
    public const int Blake2bBytes = 64;

    private const int Ed25519KeyType = 1087; // NID_ED25519
    private const int Success = 1;

    private static readonly Lazy<LibCrypto> Loaded = new(static () => Load("libcrypto.so.3"));

    private readonly delegate* unmanaged<int, nint, byte*, nuint, nint> _newRawPublicKey;
    private readonly delegate* unmanaged<nint, void> _freeKey;
    private readonly delegate* unmanaged<nint> _newContext;
    private readonly delegate* unmanaged<nint, void> _freeContext;
    private readonly delegate* unmanaged<nint, nint, nint, nint, nint, int> _verifyInit;
    private readonly delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int> _verify;
    private readonly delegate* unmanaged<nint> _blake2b512;
    private readonly delegate* unmanaged<nint, nint, nint, int> _digestInit;
    private readonly delegate* unmanaged<nint, byte*, nuint, int> _digestUpdate;
    private readonly delegate* unmanaged<nint, byte*, uint*, int> _digestFinal;

    private LibCrypto(nint library)
    {
        _newRawPublicKey = (delegate* unmanaged<int, nint, byte*, nuint, nint>)NativeLibrary.GetExport(library, "EVP_PKEY_new_raw_public_key");
        _freeKey = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(library, "EVP_PKEY_free");
        _newContext = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "EVP_MD_CTX_new");
        _freeContext = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(library, "EVP_MD_CTX_free");
        _verifyInit = (delegate* unmanaged<nint, nint, nint, nint, nint, int>)NativeLibrary.GetExport(library, "EVP_DigestVerifyInit");
        _verify = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int>)NativeLibrary.GetExport(library, "EVP_DigestVerify");
        _blake2b512 = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "EVP_blake2b512");
        _digestInit = (delegate* unmanaged<nint, nint, nint, int>)NativeLibrary.GetExport(library, "EVP_DigestInit_ex");
        _digestUpdate = (delegate* unmanaged<nint, byte*, nuint, int>)NativeLibrary.GetExport(library, "EVP_DigestUpdate");
        _digestFinal = (delegate* unmanaged<nint, byte*, uint*, int>)NativeLibrary.GetExport(library, "EVP_DigestFinal_ex");
    }

    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.Unsupported"/>: the library cannot be loaded.</exception>
    public static LibCrypto Instance => Loaded.Value;

    internal static LibCrypto Load(string name)
    {
        try
        {
            return new LibCrypto(NativeLibrary.Load(name));
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new SupplyChainException(SupplyChainReason.Unsupported,
                $"Ed25519 and BLAKE2b need OpenSSL 3's {name}, which cannot be used here: install OpenSSL 3 (Debian: libssl3)", e);
        }
    }

    public bool VerifyEd25519(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != Ed25519KeyBytes || signature.Length != Ed25519SignatureBytes)
            return false;
        nint key = 0, context = 0;
        try
        {
            fixed (byte* keyBytes = publicKey, messageBytes = message, signatureBytes = signature)
            {
                key = _newRawPublicKey(Ed25519KeyType, 0, keyBytes, Ed25519KeyBytes);
                if (key == 0)
                    return false;
                context = NewContext();
                Check(_verifyInit(context, 0, 0, 0, key) == Success);
                return _verify(context, signatureBytes, Ed25519SignatureBytes, messageBytes, (nuint)message.Length) == Success;
            }
        }
        finally
        {
            _freeContext(context);
            _freeKey(key);
        }
    }

    public Blake2b CreateBlake2b() => new(this);

    private nint NewContext()
    {
        var context = _newContext();
        Check(context != 0);
        return context;
    }

    private static void Check(bool succeeded)
    {
        if (!succeeded)
            throw new CryptographicException("OpenSSL refused an operation that it should know");
    }

    /// <summary>A BLAKE2b-512 hash in the making.</summary>
    public sealed class Blake2b : SafeHandle
    {
        private readonly LibCrypto _library;

        internal Blake2b(LibCrypto library) : base(0, ownsHandle: true)
        {
            _library = library;
            SetHandle(library.NewContext());
            Reset();
        }

        public override bool IsInvalid => handle == 0;

        public void Append(ReadOnlySpan<byte> data)
        {
            fixed (byte* bytes = data)
                Check(_library._digestUpdate(handle, bytes, (nuint)data.Length) == Success);
        }

        public byte[] GetHashAndReset()
        {
            var hash = new byte[Blake2bBytes];
            uint length = 0;
            fixed (byte* bytes = hash)
                Check(_library._digestFinal(handle, bytes, &length) == Success && length == Blake2bBytes);
            Reset();
            return hash;
        }

        private void Reset() => Check(_library._digestInit(handle, _library._blake2b512(), 0) == Success);

        protected override bool ReleaseHandle()
        {
            _library._freeContext(handle);
            return true;
        }
    }
}
