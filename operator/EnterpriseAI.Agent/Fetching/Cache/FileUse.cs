using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Tells whether any process of the node has a file open or mapped, also in another container.</summary>
/// <remarks>
/// The kernel grants a lease for writing on a file only to its owner and only while nobody else has it open. Where the file
/// system knows no leases, nothing is known, and a file counts as not in use.
/// </remarks>
internal static partial class FileUse
{
    private const int SetSignal = 10; // F_SETSIG
    private const int SetLease = 1024; // F_SETLEASE
    private const int WriteLease = 1; // F_WRLCK
    private const int NoLease = 2; // F_UNLCK
    private const int Urgent = 23; // SIGURG
    private const int InUse = 11; // EAGAIN

    public static bool IsOpenElsewhere(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

        // Who opens the file in this moment makes the kernel send a signal, by default one that ends the process.
        if (Control(file, SetSignal, Urgent) != 0)
        {
            return false;
        }

        if (Control(file, SetLease, WriteLease) == 0)
        {
            _ = Control(file, SetLease, NoLease);
            return false;
        }

        return Marshal.GetLastPInvokeError() == InUse;
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, nint argument);
}
