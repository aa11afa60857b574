using System.Runtime.InteropServices;
using System.Text;

namespace EnterpriseAI.Data.DuckDb;

/// <summary>
/// The rows of a small result, copied out of DuckDB. Values are <see cref="bool"/>, <see cref="long"/>,
/// <see cref="double"/>, <see cref="string"/> or null; statements cast what they select to one of these.
/// </summary>
internal sealed class DuckDbResult
{
    private DuckDbResult(IReadOnlyList<string> columns, List<object?[]> rows) => (Columns, Rows) = (columns, rows);

    public IReadOnlyList<string> Columns { get; }

    public IReadOnlyList<object?[]> Rows { get; }

    /// <summary>The single row of an aggregate.</summary>
    public object?[] Row => Rows[0];

    public long Count(int column) => (long)Row[column]!;

    internal static DuckDbResult Read(ref DuckDbNative.Result result, CancellationToken cancellationToken)
    {
        var width = (int)DuckDbNative.duckdb_column_count(ref result);
        var names = new string[width];
        var types = new DuckDbType[width];
        for (var column = 0; column < width; column++)
        {
            names[column] = Marshal.PtrToStringUTF8(DuckDbNative.duckdb_column_name(ref result, (ulong)column)) ?? "";
            types[column] = (DuckDbType)DuckDbNative.duckdb_column_type(ref result, (ulong)column);
        }

        var rows = new List<object?[]>();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var chunk = new DuckDbChunkHandle(DuckDbNative.duckdb_fetch_chunk(result));
            if (chunk.IsInvalid) break;
            var size = (int)DuckDbNative.duckdb_data_chunk_get_size(chunk);
            if (size == 0) break;
            var first = rows.Count;
            for (var row = 0; row < size; row++) rows.Add(new object?[width]);
            for (var column = 0; column < width; column++)
            {
                var vector = DuckDbNative.duckdb_data_chunk_get_vector(chunk, (ulong)column);
                CopyColumn(vector, types[column], names[column], rows, first, column, size);
            }
        }

        return new DuckDbResult(names, rows);
    }

    private static unsafe void CopyColumn(
        nint vector, DuckDbType type, string name, List<object?[]> rows, int first, int column, int size)
    {
        var data = (byte*)DuckDbNative.duckdb_vector_get_data(vector);
        var validity = (ulong*)DuckDbNative.duckdb_vector_get_validity(vector);
        for (var row = 0; row < size; row++)
        {
            // No mask means that every value is present.
            if (validity is not null && (validity[row / 64] & (1UL << (row % 64))) == 0) continue;
            rows[first + row][column] = type switch
            {
                DuckDbType.Boolean => data[row] != 0,
                DuckDbType.Integer => (long)((int*)data)[row],
                DuckDbType.BigInt => ((long*)data)[row],
                DuckDbType.Double => ((double*)data)[row],
                DuckDbType.Varchar => Text(data + (row * 16)),
                _ => throw new InvalidOperationException($"result column '{name}' has type {type}, which is not read; cast it"),
            };
        }
    }

    // duckdb_string_t: a length, then up to 12 bytes in place, or a 4-byte prefix and a pointer.
    private static unsafe string Text(byte* value)
    {
        var length = *(int*)value;
        var bytes = length <= 12 ? value + 4 : *(byte**)(value + 8);
        return Encoding.UTF8.GetString(bytes, length);
    }
}

/// <summary>The <c>duckdb_type</c> values a result may have here.</summary>
internal enum DuckDbType
{
    Boolean = 1,
    Integer = 4,
    BigInt = 5,
    Double = 11,
    Varchar = 17,
}
