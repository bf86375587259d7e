// Rows of rootline.sqlite. The tables are made by migrations/metadata (STRICT): never synchronise from these.
import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** Derived: everything in it can be read from events.sqlite. */
@Entity('session')
export class SessionEntity {
  @PrimaryColumn('integer') id!: number;
  @Column('text') kind!: string;
  @Column('text') state!: string;
  @Column('text') scenario!: string;
  @Column('text') protocol!: string;
  @Column('integer') seed!: number;
  @Column('text') scheduler!: string;
  @Column('text') recording!: string;
  @Column('integer', { nullable: true }) parent!: number | null;
  @Column('integer', { name: 'parent_position', nullable: true }) parentPosition!: number | null;
  @Column('integer') position!: number;
  /** JSON */
  @Column('text', { nullable: true }) progress!: string | null;
  @Column('text', { name: 'created_at' }) createdAt!: string;
  @Column('text', { name: 'updated_at' }) updatedAt!: string;
}

/** People's: what they call a session and what they noted about it. */
@Entity('session_label')
export class SessionLabelEntity {
  @PrimaryColumn('integer') session!: number;
  @Column('text', { nullable: true }) name!: string | null;
  @Column('text', { nullable: true }) note!: string | null;
  @Column('text', { name: 'updated_at' }) updatedAt!: string;
}

/** People's: longer work that they asked for, and its result. */
@Entity('job')
export class JobEntity {
  @PrimaryGeneratedColumn('increment', { type: 'integer' }) id!: number;
  @Column('text') kind!: string;
  @Column('text') state!: string;
  /** JSON, as the next three. */
  @Column('text') request!: string;
  @Column('text', { nullable: true }) progress!: string | null;
  @Column('text', { nullable: true }) result!: string | null;
  @Column('text', { nullable: true }) error!: string | null;
  @Column('text', { name: 'created_at' }) createdAt!: string;
  @Column('text', { name: 'updated_at' }) updatedAt!: string;
}

/** Answers to requests with an Idempotency-Key. */
@Entity('kept_answer')
export class KeptAnswerEntity {
  @PrimaryGeneratedColumn('increment', { type: 'integer' }) id!: number;
  @Column('text') key!: string;
  @Column('text') fingerprint!: string;
  @Column('integer') status!: number;
  @Column('text', { nullable: true }) location!: string | null;
  /** JSON */
  @Column('text') body!: string;
  @Column('text', { name: 'created_at' }) createdAt!: string;
}

/** People's: what they noted at positions of sessions. */
@Entity('note')
export class NoteEntity {
  @PrimaryGeneratedColumn('increment', { type: 'integer' }) id!: number;
  @Column('integer') session!: number;
  @Column('integer') position!: number;
  /** note, bookmark */
  @Column('text') kind!: string;
  @Column('text') text!: string;
  @Column('text', { name: 'created_at' }) createdAt!: string;
  @Column('text', { name: 'updated_at' }) updatedAt!: string;
}
