using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>Reads a JSON <c>data</c> array, flat or nested as the shape says, straight into a tensor's memory.</summary>
/// <remarks>
/// The array is walked by hand and not by a <see cref="Utf8JsonReader"/>: one image is 150,000 numbers, and a token each costs
/// more than the number. What is accepted is the same: the grammar of RFC 8259.
/// </remarks>
internal ref struct TensorJsonReader
{
    /// <summary>Dimensions a tensor may have here; ONNX itself has no bound, models have less than ten.</summary>
    public const int MaxDimensions = 32;

    private static readonly SearchValues<byte> EndOfPlainText = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 32).Select(static control => (byte)control)]);

    private readonly string _name;
    private readonly OrtTensor _tensor;
    private readonly ReadOnlySpan<byte> _json;
    private readonly Span<long> _starts;
    private int _at;
    private int _depth = 1;
    private bool _nested;
    private bool _afterValue;
    private long _count;

    private TensorJsonReader(string name, OrtTensor tensor, ReadOnlySpan<byte> json, int start, Span<long> starts)
    {
        _name = name;
        _tensor = tensor;
        _json = json;
        _at = start;
        _starts = starts;
    }

    /// <summary>Fills every element of <paramref name="tensor"/>.</summary>
    /// <param name="name">The input's name, for errors.</param>
    /// <param name="tensor">What is filled.</param>
    /// <param name="json">The request.</param>
    /// <param name="start">Where in it the array's first element is, just after its bracket.</param>
    /// <returns>Where the array's closing bracket is.</returns>
    /// <exception cref="RequestException">400, naming the input: a wrong number of elements, or one of another type.</exception>
    public static int Fill(string name, OrtTensor tensor, ReadOnlySpan<byte> json, int start)
    {
        var reader = new TensorJsonReader(name, tensor, json, start, stackalloc long[MaxDimensions]);
        switch (tensor.Type)
        {
            case TensorElementType.Float: reader.Fill<float, SingleParser>(); break;
            case TensorElementType.Double: reader.Fill<double, DoubleParser>(); break;
            case TensorElementType.Float16: reader.Fill<Half, HalfParser>(); break;
            case TensorElementType.BFloat16: reader.Fill<ushort, BrainFloatParser>(); break;
            case TensorElementType.Int8: reader.Fill<sbyte, IntegerParser<sbyte>>(); break;
            case TensorElementType.Int16: reader.Fill<short, IntegerParser<short>>(); break;
            case TensorElementType.Int32: reader.Fill<int, IntegerParser<int>>(); break;
            case TensorElementType.Int64: reader.Fill<long, IntegerParser<long>>(); break;
            case TensorElementType.UInt8: reader.Fill<byte, IntegerParser<byte>>(); break;
            case TensorElementType.UInt16: reader.Fill<ushort, IntegerParser<ushort>>(); break;
            case TensorElementType.UInt32: reader.Fill<uint, IntegerParser<uint>>(); break;
            case TensorElementType.UInt64: reader.Fill<ulong, IntegerParser<ulong>>(); break;
            case TensorElementType.Bool: reader.Fill<bool, BooleanParser>(); break;
            default: reader.FillStrings(); break;
        }
        return reader._at;
    }

    private void Fill<T, TParser>() where T : unmanaged where TParser : IElementParser<T>
    {
        var elements = _tensor.Data<T>();
        while (NextElement())
        {
            if (!TParser.TryParse(_json, ref _at, out elements[(int)_count]))
                throw WrongElement();
            _count++;
        }
    }

    private void FillStrings()
    {
        while (NextElement())
        {
            ReadString();
            _count++;
        }
    }

    /// <summary>Moves to the next element and checks the commas and brackets between.</summary>
    private bool NextElement()
    {
        if (_count == 0 && !_nested && Token() == ']')
            return Close();
        while (true)
        {
            if (_afterValue)
            {
                switch (Token())
                {
                    case (byte)',':
                        _at++;
                        break;
                    case (byte)']':
                        if (!Close())
                            return false;
                        continue;
                    default:
                        throw WrongElement();
                }
            }
            if (Token() != '[')
                break;
            EnterArray();
        }
        if (_nested && _depth != _tensor.Shape.Length)
            throw WrongNesting();
        if (_count == _tensor.Count)
            throw WrongCount(_count + 1);
        _afterValue = true;
        return true;
    }

    /// <summary>Below the first level an array must be where the shape has one, from the first element on.</summary>
    private void EnterArray()
    {
        if (_depth >= _tensor.Shape.Length || (!_nested && _count > 0))
            throw WrongNesting();
        _nested = true;
        _starts[_depth++] = _count;
        _at++;
        _afterValue = false;
        if (Token() == ']')
            Close();
    }

    /// <summary>Leaves an array.</summary>
    /// <returns>False when it was the outermost; the reader then stays at its bracket.</returns>
    private bool Close()
    {
        _depth--;
        if (_depth == 0)
            return _count == _tensor.Count ? false : throw WrongCount(_count);
        if (_count - _starts[_depth] != Elements(_depth))
            throw WrongNesting();
        _at++;
        _afterValue = true;
        return true;
    }

    /// <summary>The next byte that is not white space.</summary>
    private byte Token()
    {
        for (; _at < _json.Length; _at++)
        {
            if (_json[_at] is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
                return _json[_at];
        }
        throw RequestException.BadRequest($"the body is not valid JSON: it ends within 'data' of input '{_name}'");
    }

    private void ReadString()
    {
        if (_json[_at] != '"')
            throw WrongElement();
        var text = _json[(_at + 1)..];
        var end = text.IndexOfAny(EndOfPlainText);
        if (end >= 0 && text[end] == '"')
        {
            var plain = text[..end];
            if (!Utf8.IsValid(plain))
                throw WrongText();
            _tensor.SetString(_count, plain);
            _at += end + 2;
            return;
        }
        ReadEscapedString();
    }

    private void ReadEscapedString()
    {
        var reader = new Utf8JsonReader(_json[_at..], isFinalBlock: false, default);
        byte[]? rented = null;
        try
        {
            if (!reader.Read())
                throw RequestException.BadRequest($"the body is not valid JSON: it ends within 'data' of input '{_name}'");
            rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
            _tensor.SetString(_count, rented.AsSpan(0, reader.CopyString(rented)));
            _at += (int)reader.BytesConsumed;
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            throw WrongText(e);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Elements of one array at this depth.</summary>
    private readonly long Elements(int depth)
    {
        var product = 1L;
        foreach (var dimension in _tensor.Shape.AsSpan(depth))
            product *= dimension;
        return product;
    }

    private readonly RequestException WrongElement() =>
        RequestException.BadRequest($"input '{_name}': element {_count} of 'data' is not a valid {Datatype.Of(_tensor.Type)}");

    private readonly RequestException WrongText(Exception? inner = null) =>
        RequestException.BadRequest($"input '{_name}': element {_count} of 'data' is a string that is not valid JSON or not valid Unicode", inner);

    private readonly RequestException WrongNesting() =>
        RequestException.BadRequest($"input '{_name}': 'data' is nested otherwise than its shape [{string.Join(',', _tensor.Shape)}]");

    private readonly RequestException WrongCount(long count) =>
        RequestException.BadRequest($"input '{_name}': shape [{string.Join(',', _tensor.Shape)}] needs {_tensor.Count} elements, 'data' has {(count > _tensor.Count ? "more" : count)}");
}
