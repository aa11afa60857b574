using System.Runtime.InteropServices;

namespace EnterpriseAI.Data.DuckDb;

/// <summary>The part of DuckDB's C ABI that profiling needs; names as in <c>duckdb.h</c>.</summary>
internal static partial class DuckDbNative
{
    internal const string Library = "libduckdb.so";
    internal const int Success = 0;

    static DuckDbNative() =>
        NativeLibrary.SetDllImportResolver(typeof(DuckDbNative).Assembly, DuckDbLibrary.Resolve);

    /// <summary><c>duckdb_result</c>: allocated by the caller, passed by value to the fetch function.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Result
    {
        private readonly ulong _columnCount;
        private readonly ulong _rowCount;
        private readonly ulong _rowsChanged;
        private readonly nint _columns;
        private readonly nint _errorMessage;
        private readonly nint _internalData;
    }

    [LibraryImport(Library)]
    internal static partial int duckdb_create_config(out nint config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_set_config(nint config, string name, string option);

    [LibraryImport(Library)]
    internal static partial void duckdb_destroy_config(ref nint config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_open_ext(string? path, out nint database, nint config, out nint error);

    [LibraryImport(Library)]
    internal static partial void duckdb_free(nint pointer);

    [LibraryImport(Library)]
    internal static partial void duckdb_close(ref nint database);

    [LibraryImport(Library)]
    internal static partial int duckdb_connect(DuckDbDatabaseHandle database, out nint connection);

    [LibraryImport(Library)]
    internal static partial void duckdb_interrupt(DuckDbConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial void duckdb_disconnect(ref nint connection);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_prepare(DuckDbConnectionHandle connection, string sql, out nint statement);

    [LibraryImport(Library)]
    internal static partial nint duckdb_prepare_error(DuckDbStatementHandle statement);

    [LibraryImport(Library)]
    internal static partial void duckdb_destroy_prepare(ref nint statement);

    [LibraryImport(Library)]
    internal static partial int duckdb_execute_prepared(DuckDbStatementHandle statement, out Result result);

    [LibraryImport(Library)]
    internal static partial nint duckdb_result_error(ref Result result);

    [LibraryImport(Library)]
    internal static partial void duckdb_destroy_result(ref Result result);

    [LibraryImport(Library)]
    internal static partial ulong duckdb_column_count(ref Result result);

    [LibraryImport(Library)]
    internal static partial nint duckdb_column_name(ref Result result, ulong column);

    [LibraryImport(Library)]
    internal static partial int duckdb_column_type(ref Result result, ulong column);

    [LibraryImport(Library)]
    internal static partial nint duckdb_fetch_chunk(Result result);

    [LibraryImport(Library)]
    internal static partial void duckdb_destroy_data_chunk(ref nint chunk);

    [LibraryImport(Library)]
    internal static partial ulong duckdb_data_chunk_get_size(DuckDbChunkHandle chunk);

    [LibraryImport(Library)]
    internal static partial nint duckdb_data_chunk_get_vector(DuckDbChunkHandle chunk, ulong column);

    [LibraryImport(Library)]
    internal static partial nint duckdb_vector_get_data(nint vector);

    [LibraryImport(Library)]
    internal static partial nint duckdb_vector_get_validity(nint vector);
}
