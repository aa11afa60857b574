using System.Runtime.InteropServices;

namespace EnterpriseAI.Data.DuckDb;

/// <summary>Base of DuckDB's handles: an opaque pointer, zero when absent, released exactly once.</summary>
internal abstract class DuckDbHandle : SafeHandle
{
    protected DuckDbHandle(nint value)
        : base(0, ownsHandle: true) => SetHandle(value);

    public override bool IsInvalid => handle == 0;
}

internal sealed class DuckDbDatabaseHandle(nint value) : DuckDbHandle(value)
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.duckdb_close(ref handle);
        return true;
    }
}

internal sealed class DuckDbConnectionHandle(nint value) : DuckDbHandle(value)
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.duckdb_disconnect(ref handle);
        return true;
    }
}

internal sealed class DuckDbStatementHandle(nint value) : DuckDbHandle(value)
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.duckdb_destroy_prepare(ref handle);
        return true;
    }
}

internal sealed class DuckDbChunkHandle(nint value) : DuckDbHandle(value)
{
    protected override bool ReleaseHandle()
    {
        DuckDbNative.duckdb_destroy_data_chunk(ref handle);
        return true;
    }
}
