using System.Globalization;
using System.Runtime.InteropServices;

namespace EnterpriseAI.Data.DuckDb;

/// <summary>
/// One in-memory DuckDB with one connection. Not for use by two threads at once. A cancelled token interrupts
/// the running statement.
/// </summary>
internal sealed class DuckDbConnection : IDisposable
{
    private readonly DuckDbDatabaseHandle _database;
    private readonly DuckDbConnectionHandle _connection;

    private DuckDbConnection(DuckDbDatabaseHandle database, DuckDbConnectionHandle connection) =>
        (_database, _connection) = (database, connection);

    /// <param name="memoryLimit">In bytes; what exceeds it goes to <paramref name="temporaryFolder"/> or fails.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="temporaryFolder">Where large intermediate results spill; made by DuckDB when needed.</param>
    /// <param name="temporaryLimit">The most bytes that may spill.</param>
    public static DuckDbConnection Open(long memoryLimit, int threads, string temporaryFolder, long temporaryLimit)
    {
        (string Name, string Value)[] settings =
        [
            ("memory_limit", Bytes(memoryLimit)),
            ("threads", threads.ToString(CultureInfo.InvariantCulture)),
            ("temp_directory", temporaryFolder),
            ("max_temp_directory_size", Bytes(temporaryLimit)),
            // Nothing is downloaded or loaded at run time: what is needed is linked in.
            ("autoinstall_known_extensions", "false"),
            ("autoload_known_extensions", "false"),
            ("preserve_insertion_order", "false"),
        ];

        var config = (nint)0;
        try
        {
            Check(DuckDbNative.duckdb_create_config(out config), "duckdb_create_config failed");
            foreach (var (name, value) in settings)
                Check(DuckDbNative.duckdb_set_config(config, name, value), $"DuckDB refused the setting {name}='{value}'");
            var state = DuckDbNative.duckdb_open_ext(null, out var database, config, out var error);
            var message = error == 0 ? "duckdb_open_ext failed" : Marshal.PtrToStringUTF8(error)!;
            if (error != 0) DuckDbNative.duckdb_free(error);
            Check(state, message);

            var databaseHandle = new DuckDbDatabaseHandle(database);
            if (DuckDbNative.duckdb_connect(databaseHandle, out var connection) == DuckDbNative.Success)
                return new DuckDbConnection(databaseHandle, new DuckDbConnectionHandle(connection));
            databaseHandle.Dispose();
            throw new DuckDbException("duckdb_connect failed", whilePreparing: true);
        }
        finally
        {
            if (config != 0) DuckDbNative.duckdb_destroy_config(ref config);
        }
    }

    /// <summary>
    /// From here on no statement can open a file but <paramref name="readable"/>, load an extension or change a setting.
    /// </summary>
    public void LockDown(IReadOnlyList<string> readable, CancellationToken cancellationToken)
    {
        Query("SET TimeZone = 'UTC'", cancellationToken);
        if (readable.Count > 0) Query($"SET allowed_paths = {Sql.List(readable)}", cancellationToken);
        Query("SET enable_external_access = false", cancellationToken);
        Query("SET lock_configuration = true", cancellationToken);
    }

    /// <summary>Runs exactly one statement; several in one text are refused by DuckDB.</summary>
    /// <exception cref="DuckDbException">DuckDB refused the statement or failed while running it.</exception>
    public DuckDbResult Query(string sql, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // The ABI takes a C string: what follows a NUL would silently not be run.
        if (sql.Contains('\0')) throw new DuckDbException("the statement contains a NUL character", whilePreparing: true);
        var prepared = DuckDbNative.duckdb_prepare(_connection, sql, out var statementPointer);
        using var statement = new DuckDbStatementHandle(statementPointer);
        if (prepared != DuckDbNative.Success)
        {
            var error = Marshal.PtrToStringUTF8(DuckDbNative.duckdb_prepare_error(statement));
            throw new DuckDbException(error ?? "the statement could not be prepared", whilePreparing: true);
        }

        using var registration = cancellationToken.UnsafeRegister(
            static connection => DuckDbNative.duckdb_interrupt((DuckDbConnectionHandle)connection!), _connection);
        var state = DuckDbNative.duckdb_execute_prepared(statement, out var result);
        try
        {
            if (state == DuckDbNative.Success) return DuckDbResult.Read(ref result, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            var error = Marshal.PtrToStringUTF8(DuckDbNative.duckdb_result_error(ref result));
            throw new DuckDbException(error ?? "the statement failed", whilePreparing: false);
        }
        finally
        {
            DuckDbNative.duckdb_destroy_result(ref result);
        }
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    private static string Bytes(long value) => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, value >> 10)}KiB");

    private static void Check(int state, string message)
    {
        if (state != DuckDbNative.Success) throw new DuckDbException(message, whilePreparing: true);
    }
}
