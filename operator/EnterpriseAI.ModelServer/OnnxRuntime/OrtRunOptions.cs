using System.Runtime.InteropServices;

namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>Through these a run can be told to end early. Used by one run at a time.</summary>
internal sealed class OrtRunOptions : SafeHandle
{
    public OrtRunOptions() : base(0, ownsHandle: true)
    {
        OrtApi.Check(OrtApi.CreateRunOptions(out var options));
        SetHandle(options);
    }

    public override bool IsInvalid => handle == 0;

    internal nint Pointer => handle;

    /// <summary>Lets the run that uses these options, and any later one, fail between two operators. May be called from any thread.</summary>
    public void Terminate() => OrtApi.Check(OrtApi.RunOptionsSetTerminate(handle));

    /// <summary>Makes them usable for another run.</summary>
    public void Reset() => OrtApi.Check(OrtApi.RunOptionsUnsetTerminate(handle));

    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseRunOptions(handle);
        return true;
    }
}
