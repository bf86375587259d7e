// /api/v1/sessions/{id}/notes: notes and bookmarks at positions. They are people's.
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Patch,
  Post,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Route } from '../http/openapi.decorators.js';
import { ZodPipe } from '../http/zod.pipe.js';
import type { EventStore } from '../store/event-store.port.js';
import { NOTE_KINDS, type NoteRecord, type NoteStore } from '../store/notes.port.js';
import { EVENT_STORE, NOTE_STORE } from '../store/store.module.js';
import { SessionNotes } from './session-notes.js';

const ID = { id: 'id of the session' };
const NOTE = { ...ID, note: 'id of the note' };

const note = z.object({
  id: z.string(),
  sessionId: z.string(),
  position: z.int(),
  kind: z.enum(NOTE_KINDS),
  text: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
const NAMED = { name: 'Note', schema: note };

const createNote = z.strictObject({
  position: z.int().min(0).describe('position of the session that it is about'),
  kind: z.enum(NOTE_KINDS).default('note'),
  text: z.string().describe('what is noted; the name of a bookmark'),
});
const changeNote = z.strictObject({
  position: z.int().min(0).optional(),
  kind: z.enum(NOTE_KINDS).optional(),
  text: z.string().optional(),
});

@ApiTags('notes')
@Controller('api/v1/sessions/:id/notes')
export class NotesController {
  private readonly notes: SessionNotes;

  constructor(@Inject(EVENT_STORE) store: EventStore, @Inject(NOTE_STORE) notes: NoteStore) {
    this.notes = new SessionNotes(store, notes);
  }

  @Get()
  @Route({
    summary: 'Notes and bookmarks of a session',
    params: ID,
    answer: {
      status: 200,
      description: 'by position',
      name: 'Notes',
      schema: z.object({ notes: z.array(note) }),
    },
    problems: [404],
  })
  async list(@Param('id') id: string): Promise<{ notes: NoteRecord[] }> {
    return { notes: await this.notes.list(id) };
  }

  @Post()
  @Route({
    summary: 'Put a note or a bookmark at a position',
    params: ID,
    body: { name: 'CreateNote', schema: createNote, required: true },
    answer: { status: 201, description: 'the note', ...NAMED },
    problems: [404, 413, 415, 422, 429],
  })
  async create(
    @Param('id') id: string,
    @Body(new ZodPipe(createNote, 'body')) body: z.output<typeof createNote>,
  ): Promise<NoteRecord> {
    return await this.notes.create(id, body);
  }

  @Patch(':note')
  @Route({
    summary: 'Change a note',
    params: NOTE,
    body: { name: 'ChangeNote', schema: changeNote, required: true },
    answer: { status: 200, description: 'the note', ...NAMED },
    problems: [404, 413, 415, 422],
  })
  async change(
    @Param('id') id: string,
    @Param('note') number: string,
    @Body(new ZodPipe(changeNote, 'body')) body: z.output<typeof changeNote>,
  ): Promise<NoteRecord> {
    const { position, kind, text } = body;
    return await this.notes.update(id, number, {
      ...(position === undefined ? {} : { position }),
      ...(kind === undefined ? {} : { kind }),
      ...(text === undefined ? {} : { text }),
    });
  }

  @Delete(':note')
  @HttpCode(HttpStatus.NO_CONTENT)
  @Route({
    summary: 'Remove a note',
    params: NOTE,
    answer: { status: 204, description: 'it is gone' },
    problems: [404],
  })
  async remove(@Param('id') id: string, @Param('note') number: string): Promise<void> {
    await this.notes.remove(id, number);
  }
}
